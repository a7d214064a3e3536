//! As whom the server speaks to push services: RFC 8292.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chat::Timestamp;
use ring::{
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};

use crate::store::{Store, Stored};

/// The name that the key is kept under.
const KEY: &str = "vapid";
/// How long a signature holds; services take a day at most.
const HOLDS_S: i64 = 12 * 60 * 60;

/// The server's key pair. It is made once and kept in the store: browsers subscribe to this key, and to no other.
pub(super) struct Vapid {
    pair: EcdsaKeyPair,
    /// Whom a push service may turn to.
    contact: String,
}

impl Vapid {
    /// The pair that is kept, made now where there is none.
    pub(super) async fn load(store: &dyn Store, contact: String) -> Stored<Option<Self>> {
        let random = SystemRandom::new();
        let Ok(made) = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random) else {
            return Ok(None);
        };
        let kept = store
            .keep_once(KEY, &URL_SAFE_NO_PAD.encode(made.as_ref()))
            .await?;
        Ok(Self::read(&kept, contact))
    }

    fn read(kept: &str, contact: String) -> Option<Self> {
        let document = URL_SAFE_NO_PAD.decode(kept).ok()?;
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, &document, &SystemRandom::new()).ok()?;
        Some(Self { pair, contact })
    }

    /// The public key, as a browser takes it.
    pub(super) fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key())
    }

    /// The value of `Authorization` for a push service at this origin.
    ///
    /// # Errors
    /// Where there is no randomness.
    pub(super) fn authorization(&self, origin: &str, now: Timestamp) -> Result<String, Unspecified> {
        let expires = now.0 / 1_000 + HOLDS_S;
        let claims = serde_json::json!({ "aud": origin, "exp": expires, "sub": self.contact });
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let signed = format!(
            "{}.{}",
            part(r#"{"typ":"JWT","alg":"ES256"}"#),
            part(&claims.to_string())
        );
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes())?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public_key()))
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    #[test]
    fn whoever_knows_the_public_key_can_tell_who_speaks_to_whom_and_until_when() {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        let kept = URL_SAFE_NO_PAD.encode(made.unwrap());
        let vapid = Vapid::read(&kept, "mailto:ops@example.org".into()).unwrap();
        let value = vapid
            .authorization("https://push.example.org", Timestamp(1_000_000))
            .unwrap();
        let (token, key) = value
            .strip_prefix("vapid t=")
            .and_then(|rest| rest.split_once(", k="))
            .unwrap();
        assert_eq!(key, vapid.public_key());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let key = URL_SAFE_NO_PAD.decode(key).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key)
            .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
            .unwrap();
        let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        assert_eq!(claims["aud"], "https://push.example.org");
        assert_eq!(claims["exp"], 1_000 + HOLDS_S);
        assert!(Vapid::read("nonsense", String::new()).is_none());
    }
}
