//! Routes that remember what they serve, so that a test can hold the document against them: axum's own cannot be asked.

use axum::{Router, handler::Handler, routing};
use http::Method;

use crate::state::AppState;

/// Routes with the methods of each.
#[derive(Default)]
pub struct Routes {
    router: Router<AppState>,
    served: Vec<(Method, String)>,
}

/// What one path does for each of its methods.
pub struct Methods {
    router: routing::MethodRouter<AppState>,
    methods: Vec<Method>,
}

macro_rules! methods {
    ($($name:ident = $method:ident;)*) => {
        $(
            /// Answers this method with `handler`.
            pub fn $name<H: Handler<T, AppState>, T: 'static>(handler: H) -> Methods {
                Methods { router: routing::$name(handler), methods: vec![Method::$method] }
            }
        )*

        impl Methods {
            $(
                /// Answers this method too.
                #[must_use]
                pub fn $name<H: Handler<T, AppState>, T: 'static>(mut self, handler: H) -> Self {
                    self.methods.push(Method::$method);
                    Self { router: self.router.$name(handler), ..self }
                }
            )*
        }
    };
}

methods! {
    get = GET;
    post = POST;
    put = PUT;
    patch = PATCH;
    delete = DELETE;
}

impl Methods {
    /// Changes what answers this path, for a limit or a layer of its own.
    #[must_use]
    pub fn with(
        self,
        change: impl FnOnce(routing::MethodRouter<AppState>) -> routing::MethodRouter<AppState>,
    ) -> Self {
        Self {
            router: change(self.router),
            ..self
        }
    }
}

impl Routes {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one path more.
    #[must_use]
    pub fn route(mut self, path: &str, Methods { router, methods }: Methods) -> Self {
        self.served
            .extend(methods.into_iter().map(|method| (method, path.to_owned())));
        Self {
            router: self.router.route(path, router),
            ..self
        }
    }

    /// What axum serves.
    pub fn into_router(self) -> Router<AppState> {
        self.router
    }

    /// Every method and path.
    #[must_use]
    pub fn served(&self) -> &[(Method, String)] {
        &self.served
    }
}
