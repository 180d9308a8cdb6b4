//! Files of other forms by real SOPS, taken over: what opens, what is left out, and that no change slips through.

use rayon::prelude::*;
use sparkcfg::envelope::CannotOpen;
use sparkcfg::identity::Identities;
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, Imported, LeftOut};

use super::{data, identities, order, person, sops, whole_age};

/// What a file gives, in one line: `a=1 [b: it is empty]`.
fn told(imported: &Imported) -> String {
    match imported {
        Imported::Text(text) | Imported::Lines(text) => text.expose().to_owned(),
        Imported::Values { values, left_out } => {
            let values = values.iter().map(|(name, value)| format!("{name}={}", value.expose()));
            let left = |left: &LeftOut| format!("[{}: {}]", left.name.as_deref().unwrap_or("?"), left.why);
            values.chain(left_out.iter().map(left)).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn files_of_other_forms_by_real_sops_open() {
    for (path, expected) in [
        ("enc/simple.yaml", "a=x n=5 [l: it is a list]"),
        ("enc/cm.yaml", "a=x"),
        ("enc/dt.yaml", "a=2024-05-06T00:00:00Z"),
        ("enc/nullv.yaml", "a=x [n: it is empty]"),
        ("enc/seqcomment.yaml", "[items: it is a list]"),
        ("enc/multidoc.yaml", "d1=a d2=b"),
        (
            "enc/types.yaml",
            "str=hello int=42 neg=-7 big=9007199254740993 float=3.14 exp=15000000000 floatint=2 bool_t=true bool_f=false \
             date=2024-05-06T00:00:00Z datetime=2024-05-06T07:08:09Z multi=l1\nl2\n [nul: it is empty] \
             [empty: it is empty] [list: it is a list] [nested: it is a map]",
        ),
        (
            "enc/types.json",
            "s=x i=42 big=9007199254740993 f=3.5 t=true [n: it is empty] [e: it is empty] [arr: it is a list] \
             [o: it is a map]",
        ),
        ("enc/blob.bin", "[data: it is binary, not text]"),
    ] {
        let imported = stores::import(&data(path), &identities("keys/k1.txt"));
        let imported = imported.unwrap_or_else(|why| panic!("{path}: {why:?}")).unwrap();
        assert_eq!(told(&imported), expected, "{path}");
        assert!(format!("{imported:?}").len() < 900 && !format!("{imported:?}").contains("hello"));
        for (identities, expected) in
            [(identities("keys/k2.txt"), CannotOpen::NotARecipient), (Identities::default(), CannotOpen::NoIdentity)]
        {
            let refused = stores::import(&data(path), &identities).unwrap_err();
            assert_eq!((refused.line, refused.message), (0, expected.message()), "{path}");
        }
    }
}

#[test]
fn dotenv_text_and_whole_files_are_taken_over_as_text() {
    let (first, recipient) = person();
    let text = "# note\nA=one\n";
    let order = order(std::slice::from_ref(&recipient), None);
    for store in [sops(), whole_age()] {
        let sealed = (store.seal)(&Secret::new(text.into()), &order).unwrap();
        assert_eq!(told(&stores::import(sealed.as_bytes(), &first).unwrap().unwrap()), text, "{}", store.name);
    }
    let mixed = stores::import(&data("enc/mixed.enc.env"), &identities("keys/k1.txt")).unwrap().unwrap();
    assert_eq!(told(&mixed).as_bytes(), data("dec/mixed.env"));
}

#[test]
fn what_is_not_taken_over_says_why() {
    let identities = identities("keys/k1.txt");
    for (bytes, line, message) in [
        (data("enc/conf.ini"), 0, "INI"),
        (data("enc/shamir.enc.env"), 0, "Shamir"),
        (data("enc/pq.enc.env"), 0, "post-quantum"),
        (b"{\"A\": 1}\n".to_vec(), 0, "no file by SOPS"),
        (b"{\"A\": 1,\n\"sops\": }".to_vec(), 2, "no JSON"),
        (b"{\"sops\": {\"pgp\": [{\"fp\": \"F\", \"enc\": \"E\"}]}}".to_vec(), 0, "PGP"),
        (b"{\"sops\": {\"kms\": [{\"arn\": \"F\", \"enc\": \"E\"}]}}".to_vec(), 0, "key service"),
        (b"sops:\n  a: [\n".to_vec(), 2, "no YAML"),
        (b"A: 1\nsops: {}\n".to_vec(), 0, "no file by SOPS"),
        (b"sops:\n  mac: x\n".to_vec(), 0, "names no recipient"),
        (vec![b'a'; (1 << 20) + 1], 0, "1 MiB"),
    ] {
        let refused = stores::import(&bytes, &identities).unwrap_err();
        assert!(refused.message.contains(message) && !refused.help.is_empty(), "{message}: {refused:?}");
        assert_eq!(refused.line, line, "{message}");
    }
    for bytes in [b"A=1\n".as_slice(), b"A: 1\n", b"", b"\xff\xfe"] {
        assert!(stores::import(bytes, &identities).unwrap().is_none());
    }
}

/// Somebody without a key changes a byte: the file is refused, or gives the very same names and values.
#[test]
fn no_changed_byte_of_other_forms_goes_unnoticed() {
    let identities = identities("keys/k1.txt");
    for path in ["enc/types.yaml", "enc/types.json", "enc/multidoc.yaml"] {
        let bytes = data(path);
        let Imported::Values { values, .. } = stores::import(&bytes, &identities).unwrap().unwrap() else { panic!() };
        let expected: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
        let refused = (0..bytes.len()).into_par_iter().map(|at| {
            let mut refused = 0;
            for byte in [bytes[at] ^ (1 << (at % 6)), b"# \n'"[at % 4]] {
                let mut changed = bytes.clone();
                changed[at] = byte;
                let Ok(Some(Imported::Values { values, .. })) = stores::import(&changed, &identities) else {
                    refused += 1;
                    continue;
                };
                let found: Vec<_> = values.iter().map(|(name, value)| (name.as_str(), value.expose())).collect();
                assert_eq!(found, expected, "{path}: byte {at} as {byte}");
            }
            refused
        });
        // All but blanks, comments, and what SOPS does not use to open a file.
        let refused = refused.sum::<usize>();
        assert!(refused > bytes.len(), "{path}: {refused} of {}", 2 * bytes.len());
    }
}
