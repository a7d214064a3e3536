//! How a request to a program is signed, so that it can tell ours from anybody's: HMAC-SHA256 (RFC 2104, FIPS 180-4)
//! over the time and the body.

use sha2::{Digest, Sha256};

use crate::{session::secret::Secret, store::SigningKey};

/// The header that holds the signature.
pub const HEADER: &str = "natter-signature";

const BLOCK_BYTES: usize = 64;

/// A new key.
#[must_use]
pub fn draw_key() -> SigningKey {
    rand::random()
}

/// The key as its owner gets it. The bytes of this very text are what is signed with.
#[must_use]
pub fn key_text(key: &SigningKey) -> String {
    Secret::from_bytes(*key).cookie_text()
}

/// The signature of a body sent at this second: `t=1700000000,v1=…`. A receiver makes the same from `t`, a dot and the
/// body as it came, compares, and refuses what is older than a few minutes.
#[must_use]
pub fn sign(key: &SigningKey, at_s: i64, body: &[u8]) -> String {
    let signed = [at_s.to_string().as_bytes(), b".", body].concat();
    let digest = hmac(key_text(key).as_bytes(), &signed);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at_s},v1={hex}")
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        let digest: [u8; 32] = Sha256::digest(key).into();
        block[..digest.len()].copy_from_slice(&digest);
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner);
    outer.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_digests_are_those_of_rfc_4231() {
        let cases: [(&[u8], &[u8], &str); 3] = [
            (
                &[0x0b; 20],
                b"Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe",
                b"what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, expected) in cases {
            assert_eq!(hex(&hmac(key, message)), expected);
        }
    }

    #[test]
    fn time_body_and_key_each_make_another_signature() {
        let signature = sign(&[1; 32], 1_700_000_000, b"{}");
        assert!(signature.starts_with("t=1700000000,v1="), "{signature}");
        assert_eq!(signature.len(), "t=1700000000,v1=".len() + 64);
        for other in [
            sign(&[2; 32], 1_700_000_000, b"{}"),
            sign(&[1; 32], 1_700_000_001, b"{}"),
            sign(&[1; 32], 1_700_000_000, b"{ }"),
        ] {
            assert_ne!(other.split_once(",v1="), signature.split_once(",v1="));
        }
    }
}
