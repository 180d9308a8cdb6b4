//! One sealed value of a SOPS file: its spelling, and AES-256-GCM under the file's data key.

use std::fmt;

use aes_gcm::aead::consts::{
    U12, U13, U14, U15, U16, U17, U18, U19, U20, U21, U22, U23, U24, U25, U26, U27, U28, U29, U30, U31, U32,
};
use aes_gcm::aead::generic_array::{ArrayLength, GenericArray};
use aes_gcm::aead::rand_core::RngCore;
use aes_gcm::aead::{AeadInPlace, KeyInit, OsRng};
use aes_gcm::{AesGcm, aes::Aes256};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 32;
const TAG_BYTES: usize = 16;

/// `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, decoded.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    data: Vec<u8>,
    iv: Vec<u8>,
    tag: Vec<u8>,
    /// `str` for values, `comment` for comments. Not authenticated: whoever can write can change it.
    pub(super) kind: &'a str,
}

impl<'a> Token<'a> {
    /// Reads one value, and nothing but one.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("ENC[AES256_GCM,data:")?.strip_suffix(']')?;
        let (data, rest) = rest.split_once(",iv:")?;
        let (iv, rest) = rest.split_once(",tag:")?;
        let (tag, kind) = rest.split_once(",type:")?;
        let decode = |text: &str| STANDARD.decode(text).ok();
        let token = Self { data: decode(data)?, iv: decode(iv)?, tag: decode(tag)?, kind };
        let fits = !token.data.is_empty() && (12..=IV_BYTES).contains(&token.iv.len()) && token.tag.len() == TAG_BYTES;
        fits.then_some(token)
    }

    /// How many bytes it opens to, which sealing does not hide.
    pub(super) fn length(&self) -> usize {
        self.data.len()
    }
}

/// Whether somebody meant this to be a sealed value.
pub(super) fn looks_sealed(text: &str) -> bool {
    text.starts_with("ENC[")
}

/// The key under which every value of one file is sealed.
pub(super) struct DataKey(Zeroizing<[u8; KEY_BYTES]>);

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey")
    }
}

impl DataKey {
    /// A new random key.
    pub(super) fn generate() -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        OsRng.fill_bytes(key.as_mut());
        Self(key)
    }

    /// The key from its bytes; `None` if there are not 32 of them.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|key| Self(Zeroizing::new(key)))
    }

    /// The bytes, for sealing them to recipients.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Opens text; `None` if it was not sealed under this key for this place (`path`), or is no text.
    pub(super) fn open(&self, token: &Token<'_>, path: &str) -> Option<Zeroizing<String>> {
        utf8(self.open_bytes(token, path)?)
    }

    /// Opens a value; `None` if it was not sealed under this key for this place (`path`).
    pub(super) fn open_bytes(&self, token: &Token<'_>, path: &str) -> Option<Zeroizing<Vec<u8>>> {
        let open = match token.iv.len() {
            12 => Self::open_sized::<U12>,
            13 => Self::open_sized::<U13>,
            14 => Self::open_sized::<U14>,
            15 => Self::open_sized::<U15>,
            16 => Self::open_sized::<U16>,
            17 => Self::open_sized::<U17>,
            18 => Self::open_sized::<U18>,
            19 => Self::open_sized::<U19>,
            20 => Self::open_sized::<U20>,
            21 => Self::open_sized::<U21>,
            22 => Self::open_sized::<U22>,
            23 => Self::open_sized::<U23>,
            24 => Self::open_sized::<U24>,
            25 => Self::open_sized::<U25>,
            26 => Self::open_sized::<U26>,
            27 => Self::open_sized::<U27>,
            28 => Self::open_sized::<U28>,
            29 => Self::open_sized::<U29>,
            30 => Self::open_sized::<U30>,
            31 => Self::open_sized::<U31>,
            IV_BYTES => Self::open_sized::<U32>,
            _ => return None,
        };
        open(self, token, path)
    }

    fn open_sized<Size: ArrayLength<u8>>(&self, token: &Token<'_>, path: &str) -> Option<Zeroizing<Vec<u8>>> {
        let cipher = AesGcm::<Aes256, Size>::new_from_slice(self.bytes()).ok()?;
        let mut buffer = Zeroizing::new(token.data.clone());
        let (iv, tag) = (GenericArray::from_slice(&token.iv), GenericArray::from_slice(&token.tag));
        cipher.decrypt_in_place_detached(iv, path.as_bytes(), &mut buffer, tag).ok()?;
        Some(buffer)
    }

    /// Seals a value for a place, with a fresh initialisation vector; `None` only beyond the cipher's limits (64 GiB).
    pub(super) fn seal(&self, text: &str, path: &str, kind: &str) -> Option<String> {
        let cipher = AesGcm::<Aes256, U32>::new_from_slice(self.bytes()).ok()?;
        let mut iv = [0; IV_BYTES];
        OsRng.fill_bytes(&mut iv);
        let mut buffer = Zeroizing::new(text.as_bytes().to_vec());
        let iv = GenericArray::from_slice(&iv);
        let tag = cipher.encrypt_in_place_detached(iv, path.as_bytes(), &mut buffer).ok()?;
        let encode = |bytes: &[u8]| STANDARD.encode(bytes);
        let (data, iv, tag) = (encode(&buffer), encode(iv), encode(&tag));
        Some(format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:{kind}]"))
    }
}

/// The bytes as text; what is none is wiped.
pub(super) fn utf8(mut bytes: Zeroizing<Vec<u8>>) -> Option<Zeroizing<String>> {
    match String::from_utf8(std::mem::take(&mut *bytes)) {
        Ok(text) => Some(Zeroizing::new(text)),
        Err(error) => {
            drop(Zeroizing::new(error.into_bytes()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: &str = "ENC[AES256_GCM,data:oYyi,iv:MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=,tag:t5z2Z023Up0kxwCgw1gNxg==,type:str]";

    #[test]
    fn the_published_vector_opens_only_in_its_place() {
        let key = DataKey::from_bytes(&[b'f'; 32]).unwrap();
        let token = Token::parse(PUBLISHED).unwrap();
        for (path, expected) in [("bar:", Some("foo")), ("", None), ("bar", None)] {
            assert_eq!(key.open(&token, path).as_ref().map(|text| text.as_str()), expected);
        }
        assert!(DataKey::from_bytes(&[b'f'; 31]).is_none());
    }

    #[test]
    fn the_spelling_is_strict() {
        assert!(Token::parse(PUBLISHED).is_some());
        for (from, to) in [
            ("ENC[", "ENC [ "),
            ("ENC[", " ENC["),
            ("type:str]", "type:str]]x"),
            ("type:str]", "type:str"),
            ("type:str]", "type:str]\r"),
            ("data:oYyi", "data:"),
            ("data:oYyi", "data:oYy"),
            ("data:oYyi", "data:oYyi,data:oYyi"),
            ("V8o=", "V8p="),
            ("Nxg==", "Nxg="),
            (",iv:My", ",tag:My"),
            ("MyIDYbT718JRr11QtBkcj3Dwm4k1aCGZBVeZf0EyV8o=", "MyIDYbT7"),
        ] {
            assert_eq!(Token::parse(&PUBLISHED.replacen(from, to, 1)), None, "{from} -> {to}");
        }
    }

    #[test]
    fn every_length_of_vector_opens() {
        let key = DataKey::generate();
        let cipher = AesGcm::<Aes256, U12>::new_from_slice(key.bytes()).unwrap();
        let mut data = b"canary".to_vec();
        let tag = cipher.encrypt_in_place_detached(&[7; 12].into(), b"K:", &mut data).unwrap().to_vec();
        let token = Token { data, iv: vec![7; 12], tag, kind: "str" };
        assert_eq!(key.open(&token, "K:").unwrap().as_str(), "canary");
        for length in (0..12).chain(33..40) {
            let token = Token { data: vec![0], iv: vec![7; length], tag: vec![0; 16], kind: "str" };
            assert!(key.open(&token, "K:").is_none());
        }
    }

    #[test]
    fn a_seal_is_never_repeated() {
        let key = DataKey::generate();
        let (one, two) = (key.seal("canary", "K:", "str").unwrap(), key.seal("canary", "K:", "str").unwrap());
        assert_ne!(one, two);
        assert_eq!(key.open(&Token::parse(&one).unwrap(), "K:").unwrap().as_str(), "canary");
        assert!(!format!("{key:?}").contains("canary"));
    }
}
