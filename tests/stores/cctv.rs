//! The age files of the Community Cryptography Test Vectors: each opens, or is refused, as its header says.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;
use sha2::{Digest, Sha256};
use sparkcfg::envelope::{self, CannotOpen};
use sparkcfg::identity::Identities;

/// A vector: what its header says, and the age file.
struct Vector {
    name: String,
    header: Vec<(String, String)>,
    bytes: Vec<u8>,
}

impl Vector {
    fn read(path: &PathBuf) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let end = bytes.windows(2).position(|pair| pair == b"\n\n").unwrap();
        let header = std::str::from_utf8(&bytes[..end]).unwrap().lines();
        let header = header.map(|line| line.split_once(": ").unwrap()).map(|(key, value)| (key.into(), value.into()));
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut vector = Self { name, header: header.collect(), bytes: bytes[end + 2..].to_vec() };
        if vector.value("compressed") == "zlib" {
            vector.bytes = miniz_oxide::inflate::decompress_to_vec_zlib(&vector.bytes).unwrap();
        }
        vector
    }

    /// The header's value, or nothing.
    fn value(&self, key: &str) -> &str {
        self.header.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value)
    }

    fn identities(&self) -> Identities {
        let mut identities = Identities::default();
        for (_, key) in self.header.iter().filter(|(name, _)| name == "identity") {
            identities.add(&self.name, key);
        }
        identities
    }
}

/// What sparkcfg does not open although an age file may be so: how the names begin, how many there are, what it says,
/// and why.
const NOT_OPENED: [(&str, usize, CannotOpen, &str); 6] = [
    ("armor_scrypt", 1, CannotOpen::Passphrase, PASSPHRASE),
    ("scrypt", 25, CannotOpen::Passphrase, PASSPHRASE),
    ("armor_hybrid", 1, CannotOpen::NoIdentity, HYBRID),
    ("hybrid", 17, CannotOpen::NoIdentity, HYBRID),
    ("stream_257_chunks", 2, CannotOpen::TooLarge, LARGE),
    ("stream_258_chunks", 1, CannotOpen::TooLarge, LARGE),
];

const PASSPHRASE: &str = "a passphrase takes seconds and memory to try, and a run asks nobody for one";
const HYBRID: &str = "age 0.12 has no identity for the post-quantum recipients of later versions";
const LARGE: &str = "a sealed env file has no 16 MiB";

#[test]
fn each_of_the_143_opens_or_is_refused_as_it_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/cctv");
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let vectors: Vec<_> = paths.filter(|path| path.extension().is_none()).collect();
    assert_eq!(vectors.len(), 143);
    let mut counts = BTreeMap::new();
    for what in vectors.par_iter().map(|path| judged(&Vector::read(path))).collect::<Vec<_>>() {
        *counts.entry(what).or_insert(0) += 1;
    }
    let mut expected = BTreeMap::from(NOT_OPENED.map(|(prefix, count, ..)| (prefix, count)));
    expected.extend([("success", 16), ("no match", 4), ("failure", 76)]);
    assert_eq!(counts, expected);
}

/// Opens a vector, compares with its header, and tells which of the above it is, or what its header says.
fn judged(vector: &Vector) -> &'static str {
    let found = envelope::open(&vector.bytes, &vector.identities());
    let name = &vector.name;
    // It has an identity that is read.
    let listed = NOT_OPENED.iter().find(|(prefix, ..)| name.starts_with(prefix) && name != "hybrid_x25519_arg");
    if let Some((prefix, _, why, reason)) = listed {
        // The name of a kind of recipient counts in its own case only.
        let why = if name == "scrypt_uppercase" { CannotOpen::NoIdentity } else { *why };
        assert_eq!(found.unwrap_err(), why, "{name}: {reason}");
        return prefix;
    }
    match (vector.value("expect"), found) {
        ("success", Ok(opened)) => {
            let digest =
                Sha256::digest(&*opened).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            assert_eq!(digest, vector.value("payload"), "{name}");
            "success"
        }
        ("no match", Err(why)) if !why.is_damage() => "no match",
        ("header failure" | "HMAC failure" | "payload failure" | "armor failure", Err(CannotOpen::Damaged)) => {
            "failure"
        }
        (expected, found) => panic!("{name} should be: {expected}, is {:?}", found.map(|_| ())),
    }
}
