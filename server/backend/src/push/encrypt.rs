//! Messages that only one browser can read: RFC 8291 over the encoding `aes128gcm` of RFC 8188.
//!
//! `ring` has all of it, and is in the program already, under its TLS. The crates made for Web Push were looked at:
//! `web-push` brings OpenSSL's encodings and HTTP clients of its own, `web-push-native` four crates of curves and
//! ciphers beside the ones we have; what they would do for us is this page.

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    error::Unspecified,
    hkdf::{HKDF_SHA256, KeyType, Prk, Salt},
    rand::{SecureRandom, SystemRandom},
};

/// The length of a browser's public key: a point of P-256, uncompressed.
pub const KEY_BYTES: usize = 65;
/// The length of a browser's authentication secret.
pub const SECRET_BYTES: usize = 16;
/// The most bytes of a message before it is encrypted: services take 4,096 in all.
pub(super) const PLAIN_BYTES_MAX: usize = 3_000;
/// The size of a record, of which there is one.
const RECORD_BYTES: u32 = 4_096;
const SALT_BYTES: usize = 16;
const CIPHER_KEY_BYTES: usize = 16;
const NONCE_BYTES: usize = 12;
/// What follows the text in the last record.
const LAST: u8 = 2;

/// `plain` for the browser with this key and secret.
///
/// # Errors
/// Where the key is no point of the curve.
pub(super) fn encrypt(plain: &[u8], key: &[u8], secret: &[u8]) -> Result<Vec<u8>, Unspecified> {
    let random = SystemRandom::new();
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random)?;
    let own_public = own.compute_public_key()?;
    let mut salt = [0; SALT_BYTES];
    random.fill(&mut salt)?;
    let parties = Parties {
        browser: key,
        server: own_public.as_ref(),
        secret,
        salt: &salt,
    };
    let peer = UnparsedPublicKey::new(&ECDH_P256, key);
    agree_ephemeral(own, &peer, |shared| seal(plain, shared, &parties))?
}

/// Who a message is between.
struct Parties<'a> {
    /// The browser's public key.
    browser: &'a [u8],
    /// The server's, for this message alone.
    server: &'a [u8],
    /// The browser's authentication secret.
    secret: &'a [u8],
    salt: &'a [u8],
}

fn seal(plain: &[u8], shared: &[u8], parties: &Parties<'_>) -> Result<Vec<u8>, Unspecified> {
    let (key, nonce) = keys(shared, parties)?;
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key)?);
    let mut text = [plain, &[LAST]].concat();
    key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text)?;
    let server_bytes = u8::try_from(parties.server.len()).map_err(|_| Unspecified)?;
    Ok([
        parties.salt,
        &RECORD_BYTES.to_be_bytes(),
        &[server_bytes],
        parties.server,
        &text,
    ]
    .concat())
}

/// The key and the nonce of the only record.
fn keys(
    shared: &[u8],
    parties: &Parties<'_>,
) -> Result<([u8; CIPHER_KEY_BYTES], [u8; NONCE_BYTES]), Unspecified> {
    let between = [b"WebPush: info\0", parties.browser, parties.server].concat();
    let combined: [u8; 32] = expand(&Salt::new(HKDF_SHA256, parties.secret).extract(shared), &between)?;
    let secret = Salt::new(HKDF_SHA256, parties.salt).extract(&combined);
    Ok((
        expand(&secret, b"Content-Encoding: aes128gcm\0")?,
        expand(&secret, b"Content-Encoding: nonce\0")?,
    ))
}

fn expand<const N: usize>(secret: &Prk, info: &[u8]) -> Result<[u8; N], Unspecified> {
    struct Bytes(usize);
    impl KeyType for Bytes {
        fn len(&self) -> usize {
            self.0
        }
    }
    let mut out = [0; N];
    secret.expand(&[info], Bytes(N))?.fill(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_example_of_the_standard_comes_out() {
        // RFC 8291, section 5 and appendix A.
        let browser =
            bytes("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4");
        let server =
            bytes("BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8");
        let parties = Parties {
            browser: &browser,
            server: &server,
            secret: &bytes("BTBZMqHH6r4Tts7J_aSIgg"),
            salt: &bytes("DGv6ra1nlYgDCS1FRnbzlw"),
        };
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let sealed = seal(b"When I grow up, I want to be a watermelon", &shared, &parties).unwrap();
        let expected = concat!(
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8w",
            "EqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN",
        );
        assert_eq!(URL_SAFE_NO_PAD.encode(sealed), expected);
    }

    #[test]
    fn a_key_that_is_no_point_of_the_curve_is_refused() {
        for key in [vec![], vec![4; KEY_BYTES], vec![0; 33]] {
            assert!(encrypt(b"x", &key, &[1; SECRET_BYTES]).is_err());
        }
    }
}
