//! A labelled field with its hint and its fault.

use leptos::prelude::*;

/// A text field. Its fault, where it has one, takes the place of the hint.
#[component]
pub(crate) fn Field(
    label: &'static str,
    name: &'static str,
    #[prop(optional)] kind: &'static str,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: &'static str,
    #[prop(optional_no_strip)] fault: Option<&'static str>,
    #[prop(optional)] autocomplete: &'static str,
    #[prop(optional)] placeholder: &'static str,
    #[prop(optional)] maxlength: &'static str,
    #[prop(optional)] optional: bool,
    #[prop(optional)] focused: bool,
) -> impl IntoView {
    let set = |text: &'static str| (!text.is_empty()).then_some(text);
    let id = format!("field-{name}");
    let below = format!("{id}-below");
    let described = fault.or(set(hint)).map(|_| below.clone());
    // Names and addresses of things are nothing to correct or to begin with a capital.
    let literal = matches!(name, "username" | "password").then_some("none");
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                class="input"
                name=name
                type=set(kind).unwrap_or("text")
                value=value
                required=!optional
                autofocus=focused
                autocomplete=set(autocomplete).unwrap_or("off")
                autocapitalize=literal
                spellcheck=literal.map(|_| "false")
                placeholder=set(placeholder)
                maxlength=set(maxlength)
                aria-invalid=fault.map(|_| "true")
                aria-describedby=described
            />
            {match fault {
                Some(fault) => Some(view! { <p class="fault" id=below>{fault}</p> }.into_any()),
                None => set(hint).map(|hint| view! { <p class="hint" id=below>{hint}</p> }.into_any()),
            }}
        </div>
    }
    .into_any()
}
