//! Sealed files: against files by real SOPS, against tampering, and against ourselves ten thousand times.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use proptest::prelude::*;
use rayon::prelude::*;
use sparkcfg::envelope::CannotOpen;
use sparkcfg::identity::{Identities, Recipient};
use sparkcfg::layer::{Content, Entry, Fault};
use sparkcfg::secret::Secret;
use sparkcfg::stores::{self, DamageKind, Order, Previous, Sealed, State, Store};

#[path = "stores/cctv.rs"]
mod cctv;
#[cfg(unix)]
#[path = "stores/crash.rs"]
mod crash;
#[cfg(unix)]
#[path = "stores/crash_plain.rs"]
mod crash_plain;
#[path = "stores/import.rs"]
mod import;
#[cfg(unix)]
#[path = "stores/others.rs"]
mod others;
#[path = "stores/recipients.rs"]
mod recipients;

const TIME: &str = "2026-12-01T10:20:30Z";

fn sops() -> &'static Store {
    stores::of("prod.secrets.env").unwrap()
}

fn whole_age() -> &'static Store {
    stores::of("prod.secrets.env.age").unwrap()
}

fn data(path: &str) -> Vec<u8> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/sops");
    std::fs::read(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn identities(path: &str) -> Identities {
    let mut identities = Identities::default();
    identities.add(path, &String::from_utf8(data(path)).unwrap());
    identities
}

/// A fresh person: what opens, and whom to seal for.
fn person() -> (Identities, Recipient) {
    use age::secrecy::ExposeSecret;
    let key = age::x25519::Identity::generate();
    let mut identities = Identities::default();
    assert_eq!(identities.add("test", key.to_string().expose_secret()), []);
    (identities, key.to_public().to_string().parse().unwrap())
}

fn order<'a>(recipients: &'a [Recipient], previous: Option<(&'a [u8], &'a Identities)>) -> Order<'a> {
    let previous = previous.map(|(bytes, identities)| Previous { bytes, identities });
    Order { recipients, time: TIME, new_key: false, anew: None, previous }
}

fn recipients(store: &Store, bytes: &[u8]) -> Vec<Recipient> {
    let readers = (store.readers)(bytes).unwrap();
    readers.recipients.iter().map(|name| name.parse().unwrap()).collect()
}

/// A dialect without quotes, escapes or comments: each line is `KEY=value`.
fn raw(text: &str) -> (Vec<Entry>, Vec<Fault>) {
    let mut entries = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let offset = |at: usize| u32::try_from(start + at).unwrap();
        if let Some(at) = body.find('=').filter(|_| !body.starts_with('#')) {
            let value = offset(at + 1)..offset(body.len());
            let content = Content::Slice(value.clone());
            entries.push(Entry { key: offset(0)..offset(at), value, content, interpolates: false });
        }
        start += line.len();
    }
    (entries, Vec::new())
}

fn slice<'a>(sealed: &'a Sealed, range: &Range<u32>) -> &'a str {
    &sealed.text[range.start as usize..range.end as usize]
}

fn names(sealed: &Sealed) -> Vec<&str> {
    sealed.entries.iter().map(|entry| slice(sealed, &entry.key)).collect()
}

/// Names and opened values; `None` for a value that stays sealed.
fn read(sealed: &Sealed) -> Vec<(String, Option<String>)> {
    let value = |entry: &Entry| match &entry.content {
        Content::Opened(secret) => Some(secret.expose().to_owned()),
        Content::Sealed => None,
        other => panic!("a value of a sealed file is {other:?}"),
    };
    sealed.entries.iter().map(|entry| (slice(sealed, &entry.key).to_owned(), value(entry))).collect()
}

fn kinds(sealed: &Sealed) -> Vec<DamageKind> {
    sealed.damages.iter().map(|damage| damage.kind).collect()
}

/// The dotenv files that the manifest says real SOPS opened, with their keys.
fn vectors() -> Vec<(String, String, String)> {
    let manifest: serde_json::Value = serde_json::from_slice(&data("manifest.json")).unwrap();
    let vectors = manifest["vectors"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    vectors
        .filter_map(|vector| {
            Some((text(&vector["enc"])?, text(&vector["decrypted_by_real_sops"])?, text(&vector["key"])?))
        })
        .filter(|(sealed, ..)| sealed.ends_with(".enc.env"))
        .collect()
}

#[test]
fn files_by_real_sops_open() {
    let vectors = vectors();
    assert_eq!(vectors.len(), 10);
    for (path, opened, key) in vectors {
        let (bytes, identities) = (data(&path), identities(&key));
        let plain = (sops().plain)(&bytes, &identities).unwrap_or_else(|why| panic!("{path}: {why:?}"));
        assert_eq!(plain.expose().as_bytes(), data(&opened), "{path}");
        let sealed = (sops().open)(&bytes, &identities, raw);
        assert_eq!(sealed.state, State::Opened, "{path}");
        let expected = String::from_utf8(data(&opened)).unwrap();
        let named =
            |line: &&str| line.split_once('=').is_some_and(|(key, _)| !key.contains(' ')) && !line.starts_with('#');
        let expected: Vec<_> = expected.split('\n').filter(named).filter_map(|line| line.split_once('=')).collect();
        let found = read(&sealed);
        let found: Vec<_> = found.iter().map(|(key, value)| (key.as_str(), value.as_deref().unwrap())).collect();
        assert_eq!(found, expected, "{path}");
    }
}

#[test]
fn every_recipient_opens() {
    let bytes = data("enc/multi3.enc.env");
    assert_eq!(recipients(sops(), &bytes).len(), 3);
    for key in ["keys/k1.txt", "keys/k2.txt", "keys/k3.txt"] {
        assert_eq!((sops().open)(&bytes, &identities(key), raw).state, State::Opened, "{key}");
    }
}

#[test]
fn what_cannot_be_opened_says_why() {
    let (stranger, _) = person();
    for (path, key, expected) in [
        ("enc/shamir.enc.env", "keys/k13.txt", CannotOpen::KeyGroups),
        ("enc/pq.enc.env", "keys/k1.txt", CannotOpen::PostQuantum),
        #[cfg(not(feature = "ssh"))]
        ("enc/ssh.enc.env", "keys/ssh_ed25519", CannotOpen::Ssh),
        ("enc/mixed.enc.env", "keys/k2.txt", CannotOpen::NotARecipient),
    ] {
        let bytes = data(path);
        for identities in [identities(key), Identities::default()] {
            let sealed = (sops().open)(&bytes, &identities, raw);
            let expected = match expected {
                CannotOpen::NotARecipient if identities.is_empty() => CannotOpen::NoIdentity,
                _ => expected,
            };
            assert_eq!(sealed.state, State::Closed(expected), "{path}");
            assert_eq!(names(&sealed), ["DB_HOST", "DB_PASSWORD", "API_TOKEN", "LOG_LEVEL"], "{path}");
            assert!(sealed.entries.iter().all(|entry| matches!(entry.content, Content::Sealed)), "{path}");
            // Sealed comments are masked: they would tell their length.
            let comments = sealed.text.lines().filter_map(|line| line.strip_prefix('#'));
            let masked: Vec<_> = sealed.masks.iter().map(|range| slice(&sealed, range)).collect();
            assert_eq!((sealed.damages.len(), masked), (0, comments.collect()), "{path}");
        }
        assert!((sops().plain)(&bytes, &stranger).is_err(), "{path}");
    }
}

#[cfg(feature = "ssh")]
#[test]
fn ssh_keys_open() {
    let sealed = (sops().open)(&data("enc/ssh.enc.env"), &identities("keys/ssh_ed25519"), raw);
    assert_eq!(sealed.state, State::Opened);
    assert_eq!(sealed.entries.len(), 4);
}

#[test]
fn other_forms_say_what_they_are() {
    for (path, expected) in [
        ("enc/types.yaml", "YAML"),
        ("enc/seqcomment.yaml", "YAML"),
        ("enc/types.json", "JSON"),
        ("enc/blob.bin", "JSON"),
        ("enc/conf.ini", "INI"),
        ("dec/mixed.env", "not sealed"),
    ] {
        let sealed = (sops().open)(&data(path), &identities("keys/k1.txt"), raw);
        assert_eq!((sealed.state, kinds(&sealed)), (State::Damaged, vec![DamageKind::Broken]), "{path}");
        assert!(sealed.damages[0].message.contains(expected), "{path}: {}", sealed.damages[0].message);
        assert_eq!(
            sealed.masks.iter().map(|range| slice(&sealed, range)).collect::<Vec<_>>(),
            [&*sealed.text],
            "{path}"
        );
    }
    let misnamed = (whole_age().seal)(&Secret::new("A=1\n".into()), &order(&[person().1], None)).unwrap();
    let sealed = (sops().open)(misnamed.as_bytes(), &Identities::default(), raw);
    assert!(sealed.damages[0].message.contains("whole age file"));
    let sealed = (sops().open)(&vec![b'a'; (1 << 20) + 1], &Identities::default(), raw);
    assert!(sealed.damages[0].message.contains("1 MiB"));
}

#[test]
fn tampered_files_are_refused_or_reported() {
    use DamageKind::{Broken, Comment, Unsealed};
    for (path, state, expected) in [
        ("neg/accepted_by_sops_boundary_shift.env", State::Opened, vec![Unsealed, Unsealed]),
        ("neg/accepted_by_sops_injected_comment.env", State::Opened, vec![Comment]),
        ("neg/accepted_by_sops_injected_empty_key.env", State::Opened, vec![Unsealed]),
        ("neg/rejected_changed_unencrypted_mac.env", State::Damaged, vec![Comment, Unsealed, Unsealed, Broken]),
        ("neg/rejected_no_mac.env", State::Damaged, vec![Broken]),
    ] {
        let bytes = data(path);
        let sealed = (sops().open)(&bytes, &identities("keys/k1.txt"), raw);
        let mut found = kinds(&sealed);
        found.sort_by_key(|kind| expected.iter().position(|other| other == kind));
        let mut expected = expected.clone();
        expected.sort_by_key(|kind| found.iter().position(|other| other == kind));
        assert_eq!((sealed.state, found), (state, expected), "{path}");
        if state == State::Damaged {
            assert!(sealed.entries.iter().all(|entry| matches!(entry.content, Content::Sealed)), "{path}");
        }
        // Whatever needs no key to be seen is seen without one.
        let without = (sops().open)(&bytes, &Identities::default(), raw);
        let seen = |kind: &DamageKind| *kind != Broken || path.ends_with("no_mac.env");
        assert_eq!(kinds(&without), kinds(&sealed).into_iter().filter(seen).collect::<Vec<_>>(), "{path}");
    }
}

#[test]
fn the_strict_profile_names_each_place() {
    let bytes = data("enc/edge.enc.env");
    let sealed = (sops().open)(&bytes, &identities("keys/k1.txt"), raw);
    let found: Vec<_> = sealed.damages.iter().map(|damage| (damage.kind, slice(&sealed, &damage.range))).collect();
    assert_eq!(
        found,
        [
            (DamageKind::Unsealed, "EMPTY"),
            (DamageKind::KeyName, "KEY WITH SPACE"),
            (DamageKind::KeyName, "export EXPORTED"),
            (DamageKind::Duplicate, "DUP"),
            (DamageKind::Unsealed, "visible"),
        ]
    );
    let masked = sealed.masks.iter().map(|range| slice(&sealed, range));
    let masked: Vec<_> = masked.map(|text| if text.starts_with("ENC[") { "sealed" } else { text }).collect();
    // Two comments, and what stands behind two keys that are no names.
    assert_eq!(masked, ["sealed", "sealed", "KEY WITH SPACE", "sealed", "export EXPORTED", "sealed", "visible"]);
}

#[test]
fn a_file_in_windows_line_ends_says_so() {
    let text = String::from_utf8(data("enc/mixed.enc.env")).unwrap().replace('\n', "\r\n");
    let sealed = (sops().open)(text.as_bytes(), &identities("keys/k1.txt"), raw);
    assert_eq!(sealed.state, State::Damaged);
    assert!(sealed.damages.iter().any(|damage| damage.message.contains("Windows line ends")));
}

#[test]
fn each_fault_says_what_it_is() {
    let (first, recipient) = person();
    let plain = Secret::new("A=one\n# note\nB=two\n".into());
    let good = (sops().seal)(&plain, &order(std::slice::from_ref(&recipient), None)).unwrap();
    let line = |name: &str| good.lines().find(|line| line.starts_with(name)).unwrap();
    let value = |name: &str| line(name).split_once('=').unwrap().1;
    let key = line("sops_age__list_0__map_enc");
    let other = (whole_age().seal)(&Secret::new("not 32 bytes".into()), &order(&[recipient], None)).unwrap();
    let crowd: Vec<_> = (1..65).map(|index| format!("sops_age__list_{index}__map_recipient=age1x\n")).collect();
    let crowd = crowd.concat();
    for (from, to, message) in [
        (line("A="), "A=one", "plain text"),
        (line("A="), &line("A=").replace("type:str", "type:int"), "cut off or changed"),
        (line("A="), &line("A=").replace("type:str", "type:comment"), "cut off or changed"),
        (line("A="), &line("A=")[..60], "cut off or changed"),
        (line("A="), &format!("A={}", value("B=")), "moved here"),
        (line("A="), "", "MAC does not fit"),
        (line("A="), &format!("{}\nstray", line("A=")), "no KEY=value"),
        (line("sops_mac"), &format!("{0}\n{0}", line("sops_mac")), "twice"),
        (line("sops_mac"), "sops_mac=", "no MAC"),
        (line("sops_mac"), &format!("sops_mac={}", value("A=")), "was changed"),
        ("sops_lastmodified=2026", "sops_lastmodified=2025", "was changed"),
        ("sops_lastmodified=2026", "sops_lastmodified=then", "RFC 3339"),
        ("=_unencrypted", "=_unencrypted\nsops_encrypted_regex=(A", "more than one rule"),
        ("sops_unencrypted_suffix=_unencrypted", "sops_encrypted_regex=(A", "not valid"),
        ("sops_unencrypted_suffix=_unencrypted", "sops_encrypted_suffix=B", "this rule leaves values in plain text"),
        ("sops_unencrypted_suffix", "sops_mac_only_encrypted=true\nsops_unencrypted_suffix", "MAC does not fit"),
        ("sops_version", &format!("{crowd}sops_version"), "64 recipients"),
        ("sops_age__list", "sops_age_list", "names no recipient"),
        (key, &key[..key.len() / 2], "sealed data key"),
        (key, &format!("sops_age__list_0__map_enc={}", other.replace('\n', "\\n")), "sealed data key"),
    ] {
        let bad = good.replace(from, to);
        let sealed = (sops().open)(bad.as_bytes(), &first, raw);
        assert_eq!(sealed.state, State::Damaged, "{message}: {to}");
        let told = sealed.damages.iter().find(|damage| damage.message.contains(message));
        let told = told.unwrap_or_else(|| panic!("{to}: {sealed:?}"));
        assert_eq!(told.help.contains("merge driver"), message.contains("does not fit"), "{to}: {}", told.help);
        assert!((sops().plain)(bad.as_bytes(), &first).is_err(), "{to}");
    }
    // What of the metadata needs no key to be seen, as somebody without one, or with another one, sees it.
    let (stranger, other) = person();
    let both = [other, recipients(sops(), good.as_bytes()).remove(0)];
    let shared = (sops().seal)(&plain, &order(&both, None)).unwrap();
    let of_other = shared.lines().find(|line| line.starts_with("sops_age__list_0__map_enc")).unwrap();
    for (from, to, message) in [
        (shared.lines().find(|line| line.starts_with("sops_mac")).unwrap(), "sops_mac=", "no MAC"),
        ("sops_mac=ENC[", "sops_mac=ENC(", "was changed"),
        ("sops_lastmodified", "sops_first", "RFC 3339"),
        (of_other, "", "missing, cut off or changed"),
        (of_other, &of_other[..of_other.len() / 2], "missing, cut off or changed"),
    ] {
        let bad = shared.replace(from, to);
        for identities in [&first, &stranger, &Identities::default(), &person().0] {
            let sealed = (sops().open)(bad.as_bytes(), identities, raw);
            let found: Vec<_> = sealed.damages.iter().map(|damage| damage.message).collect();
            assert!(
                sealed.state == State::Damaged && found.len() == 1 && found[0].contains(message),
                "{to}: {found:?}"
            );
            assert!(sealed.entries.iter().all(|entry| matches!(entry.content, Content::Sealed)), "{to}");
        }
    }
    // What SOPS accepts, and does not change what was written.
    for (from, to) in [
        ("10:20:30Z", "10:20:30+00:00"),
        ("sops_version=3.13.2", "sops_version=9.0.0\nsops_new_field=1\nsops_pgp="),
        ("sops_unencrypted_suffix=_unencrypted\n", ""),
        ("B=", "\n\nB="),
        ("B=", "#\nB="),
    ] {
        let sealed = (sops().open)(good.replace(from, to).as_bytes(), &first, raw);
        assert_eq!((sealed.state, sealed.damages.len()), (State::Opened, 0), "{to}");
    }
    let last = good
        .lines()
        .filter(|line| line.starts_with("sops_"))
        .chain(good.lines().filter(|line| !line.starts_with("sops_")));
    assert_eq!((sops().open)(last.collect::<Vec<_>>().join("\n").as_bytes(), &first, raw).state, State::Opened);
}

/// What may come of a change by somebody without a key: it is noticed, or names and values are what they were.
fn assert_noticed(changed: &[u8], original: &Sealed, identities: &Identities, what: &dyn Fn() -> String) {
    let sealed = (sops().open)(changed, identities, raw);
    let noticed = sealed.state != State::Opened || kinds(&sealed) != kinds(original) || !sealed.faults.is_empty();
    assert!(noticed || read(&sealed) == read(original), "{}", what());
    if sealed.state != State::Opened {
        assert!(sealed.entries.iter().all(|entry| matches!(entry.content, Content::Sealed)), "{}", what());
    }
}

/// Five files, by SOPS and by us, with what opens them.
fn five() -> [(&'static str, Vec<u8>, Identities); 5] {
    let ((ours, recipient), (_, other)) = (person(), person());
    let text = Secret::new("# note\nA=one\nB=two\nAB=one\n".into());
    let text = (sops().seal)(&text, &order(&[recipient, other], None)).unwrap();
    let theirs = |path: &'static str, key: &str| (path, data(path), identities(key));
    [
        theirs("enc/crlf.enc.env", "keys/k1.txt"),
        theirs("enc/mixed.enc.env", "keys/k1.txt"),
        theirs("enc/multi3.enc.env", "keys/k2.txt"),
        theirs("enc/empty.enc.env", "keys/k1.txt"),
        ("ours", text.into_bytes(), ours),
    ]
}

/// Puts other bytes in the place of each byte of five files, and counts how often.
fn change_bytes(others: impl Fn(usize, u8) -> Vec<u8> + Sync) -> usize {
    let changes = five().map(|(path, bytes, identities)| {
        let original = (sops().open)(&bytes, &identities, raw);
        assert_eq!((original.state, original.damages.len()), (State::Opened, 0), "{path}");
        let changes = (0..bytes.len()).into_par_iter().map(|at| {
            let others: Vec<_> = others(at, bytes[at]).into_iter().filter(|byte| *byte != bytes[at]).collect();
            for byte in &others {
                let mut changed = bytes.clone();
                changed[at] = *byte;
                assert_noticed(&changed, &original, &identities, &|| format!("{path}: byte {at} as {byte}"));
            }
            others.len()
        });
        changes.sum::<usize>()
    });
    changes.iter().sum()
}

/// Two changes a byte: one flipped bit, and one that has a meaning in such files. All others: `tests/stores_real.sh`.
#[test]
fn no_changed_byte_goes_unnoticed() {
    let meanings = b"\n#=\r]\\A";
    let changes = change_bytes(|at, byte| vec![byte ^ (1 << (at % 8)), meanings[at % meanings.len()]]);
    assert!(changes > 15_000, "{changes}");
}

#[test]
#[ignore = "takes minutes: run by tests/stores_real.sh"]
fn no_byte_changed_to_any_other_goes_unnoticed() {
    let changes = change_bytes(|_, byte| (0..=255).filter(|other| *other != byte).collect());
    eprintln!("{changes} changes of single bytes, none unnoticed");
    assert!(changes > 2_000_000, "{changes}");
}

#[test]
fn no_moved_line_goes_unnoticed() {
    for (path, key) in [("enc/mixed.enc.env", "keys/k1.txt"), ("enc/crlf.enc.env", "keys/k1.txt")] {
        let (bytes, identities) = (data(path), identities(key));
        let original = (sops().open)(&bytes, &identities, raw);
        let text = String::from_utf8(bytes).unwrap();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        for at in 0..lines.len() {
            let (mut removed, mut twice, mut swapped, mut value) =
                (lines.clone(), lines.clone(), lines.clone(), lines.clone());
            removed.remove(at);
            twice.insert(at, lines[at]);
            swapped.swap(at, (at + 1) % lines.len());
            // The next line's value under this line's key.
            let moved = lines[at].split_once('=').zip(lines[(at + 1) % lines.len()].split_once('='));
            let moved = moved.map(|((key, _), (_, value))| format!("{key}={value}")).unwrap_or_default();
            value[at] = &moved;
            for (what, changed) in [("removed", removed), ("twice", twice), ("swapped", swapped), ("another's", value)]
            {
                let changed = changed.concat();
                assert_noticed(changed.as_bytes(), &original, &identities, &|| format!("{path}: line {at} {what}"));
            }
        }
        for end in 0..text.len() {
            let what = || format!("{path}: cut off at {end}");
            assert_noticed(&text.as_bytes()[..end], &original, &identities, &what);
        }
    }
}

#[test]
fn editing_one_value_changes_three_lines() {
    for (path, _, key) in vectors() {
        let (bytes, identities) = (data(&path), identities(&key));
        let recipients = recipients(sops(), &bytes);
        let plain = (sops().plain)(&bytes, &identities).unwrap();
        let before = String::from_utf8(bytes.clone()).unwrap();
        let same = (sops().seal)(&plain, &order(&recipients, Some((&bytes, &identities)))).unwrap();
        assert_eq!(same, before, "{path}: nothing was edited");
        let Some(at) = before.lines().position(|line| line.contains("=ENC[") && !line.starts_with("sops_")) else {
            assert_eq!(path, "enc/empty.enc.env");
            continue;
        };
        let mut edited: Vec<_> = plain.expose().split_inclusive('\n').map(str::to_owned).collect();
        let end = edited[at].len() - 1;
        edited[at].insert(end, 'x');
        let edited = Secret::new(edited.concat());
        let after = (sops().seal)(&edited, &order(&recipients, Some((&bytes, &identities)))).unwrap();
        assert_eq!(before.lines().count(), after.lines().count(), "{path}");
        let changed = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
        let changed: Vec<_> = changed.map(|(before, _)| before.split_once('=').unwrap().0).collect();
        let name = before.lines().nth(at).and_then(|line| line.split_once('=')).unwrap().0;
        assert_eq!(changed, [name, "sops_lastmodified", "sops_mac"], "{path}");
        assert_eq!((sops().plain)(after.as_bytes(), &identities).unwrap().expose(), edited.expose(), "{path}");
    }
}

#[test]
fn access_is_given_and_taken() {
    let ((first, for_first), (second, for_second)) = (person(), person());
    let plain = Secret::new("# note\nA=one\nB=two\n".into());
    let (one, both) = ([for_first.clone()], [for_second.clone(), for_first.clone()]);
    let alone = (sops().seal)(&plain, &order(&one, None)).unwrap();
    assert_eq!((sops().plain)(alone.as_bytes(), &second).unwrap_err(), CannotOpen::NotARecipient);

    let shared = (sops().seal)(&plain, &order(&both, Some((alone.as_bytes(), &first)))).unwrap();
    let changed: Vec<_> =
        shared.lines().filter(|line| !alone.contains(line)).map(|line| line.split_once('=').unwrap().0).collect();
    let added = ["sops_age__list_1__map_enc", "sops_age__list_1__map_recipient", "sops_mac"];
    assert_eq!(changed, added);
    assert_eq!((sops().plain)(shared.as_bytes(), &second).unwrap().expose(), plain.expose());

    // A file whose recipients went beyond the declaration gets a new data key, whoever added them.
    let taken = (sops().seal)(&plain, &order(&one, Some((shared.as_bytes(), &first)))).unwrap();
    assert_eq!((sops().plain)(taken.as_bytes(), &second).unwrap_err(), CannotOpen::NotARecipient);
    assert_eq!((sops().plain)(taken.as_bytes(), &first).unwrap().expose(), plain.expose());
    let kept: Vec<_> = taken.lines().filter(|line| shared.contains(line) && line.contains("ENC[")).collect();
    assert!(kept.is_empty(), "{kept:?}");

    let renewed = Order { new_key: true, ..order(&one, Some((taken.as_bytes(), &first))) };
    let renewed = (sops().seal)(&plain, &renewed).unwrap();
    let kept: Vec<_> = renewed.lines().filter(|line| taken.contains(line)).collect();
    assert_eq!(kept.len(), 4, "recipient, time, rule and version: {kept:?}");
    assert_eq!((sops().plain)(renewed.as_bytes(), &first).unwrap().expose(), plain.expose());
}

#[test]
fn what_cannot_be_sealed_says_why() {
    let (first, recipient) = person();
    let one = [recipient];
    let base = (sops().seal)(&Secret::new("A=1\n".into()), &order(&one, None)).unwrap();
    for (plain, line, message) in [
        ("A=1\n\nstray\n", 3, "no KEY=value"),
        ("A=1\nA=2\n", 2, "twice"),
        ("# c\nB=\n", 2, "empty"),
        ("B =1\n", 1, "variable's name"),
        ("LWtleQ+/=x\n", 1, "variable's name"),
        ("sops_mac=1\n", 1, "sops_"),
        ("B_unencrypted=1\n", 1, "plain text"),
    ] {
        for previous in [None, Some((base.as_bytes(), &first))] {
            let error = (sops().seal)(&Secret::new(plain.into()), &order(&one, previous)).unwrap_err();
            assert_eq!(error.line, line, "{plain}");
            assert!(error.message.contains(message), "{plain}: {error}");
        }
    }
    let plain = Secret::new("A=1\n".into());
    assert!((sops().seal)(&plain, &order(&[], None)).is_err());
    assert!((sops().seal)(&plain, &Order { time: "now", ..order(&one, None) }).is_err());
    let (stranger, _) = person();
    let refused = (sops().seal)(&plain, &order(&one, Some((base.as_bytes(), &stranger)))).unwrap_err();
    assert_eq!(refused.message, CannotOpen::NotARecipient.message());
    let damaged = base.replacen("A=ENC", "B=ENC", 1);
    let refused = (sops().seal)(&plain, &order(&one, Some((damaged.as_bytes(), &first)))).unwrap_err();
    assert_eq!(refused.message, CannotOpen::Damaged.message());
}

/// Lines of dotenv text that can be sealed: comments, and keys that differ.
fn lines() -> impl Strategy<Value = Vec<String>> {
    const PIECES: &[&str] = &[
        "\\n", "\\", "n", "'", "\"", "$", "${A}", "#", " #", "=", "\r", "\t", " ", "ENC[", "]", "sops_", "value", "ü",
        "密", "🔑",
    ];
    let text = || {
        let piece = prop_oneof![
            4 => prop::sample::select(PIECES).prop_map(str::to_owned),
            1 => any::<char>().prop_map(String::from),
        ];
        prop::collection::vec(piece, 1..10).prop_map(|pieces| pieces.concat().replace('\n', " "))
    };
    let key = "[A-Z_][A-Za-z0-9_.-]{0,5}";
    let line = prop_oneof![
        4 => (key, text()).prop_map(|(key, value)| (Some(key), value)),
        1 => text().prop_map(|text| (None, text)),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| {
        let mut seen = std::collections::HashSet::new();
        let new = |(key, _): &(Option<String>, String)| {
            key.as_ref().is_none_or(|key| !key.ends_with("_unencrypted") && seen.insert(key.clone()))
        };
        let lines = lines.into_iter().filter(new);
        lines.map(|(key, value)| key.map_or_else(|| format!("#{value}\n"), |key| format!("{key}={value}\n"))).collect()
    })
}

fn settings(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Seals, opens, and compares text, names and values.
fn assert_round_trip(lines: &[String], order: &Order<'_>, identities: &Identities) {
    let plain = Secret::new(lines.concat());
    let sealed = (sops().seal)(&plain, order).unwrap();
    assert_eq!((sops().plain)(sealed.as_bytes(), identities).unwrap().expose(), plain.expose());
    let opened = (sops().open)(sealed.as_bytes(), identities, raw);
    assert_eq!((opened.state, opened.damages.len()), (State::Opened, 0));
    let expected = lines
        .iter()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.trim_end_matches('\n').split_once('='));
    let expected: Vec<_> = expected.map(|(key, value)| (key.to_owned(), Some(value.to_owned()))).collect();
    assert_eq!(read(&opened), expected);
    for line in expected.iter().filter_map(|(_, value)| value.as_deref()).filter(|value| value.len() > 6) {
        assert!(!sealed.contains(line));
    }
}

#[test]
fn ten_thousand_files_read_back() {
    let (identities, recipient) = person();
    let one = [recipient];
    let base = (sops().seal)(&Secret::new(String::new()), &order(&one, None)).unwrap();
    proptest!(settings(10_000), |(lines in lines())| {
        assert_round_trip(&lines, &order(&one, Some((base.as_bytes(), &identities))), &identities);
    });
}

#[test]
fn two_hundred_new_files_read_back() {
    proptest!(settings(200), |(lines in lines(), people in 1usize..4, reader in 0usize..4)| {
        let people: Vec<_> = (0..people).map(|_| person()).collect();
        let recipients: Vec<_> = people.iter().map(|(_, recipient)| recipient.clone()).collect();
        assert_round_trip(&lines, &order(&recipients, None), &people[reader % people.len()].0);
        let text = Secret::new(lines.concat());
        let whole = (whole_age().seal)(&text, &order(&recipients, None)).unwrap();
        let opened = (whole_age().plain)(whole.as_bytes(), &people[0].0);
        // No variable of a process can hold NUL, so that such a text is none of an env file.
        if text.expose().contains('\0') {
            prop_assert_eq!(opened.err(), Some(CannotOpen::NoText));
        } else {
            let opened = opened.unwrap();
            prop_assert_eq!(opened.expose(), text.expose());
        }
    });
}

#[test]
fn any_bytes_are_answered() {
    let identities = identities("keys/k1.txt");
    let line = prop_oneof![
        r"\PC{0,30}",
        r"sops_[a-z_0-9]{0,30}=[ -~]{0,20}",
        r"[A-Z]{0,3}=ENC\[AES256_GCM,data:[A-Za-z0-9=]{0,8},iv:[A-Za-z0-9=]{0,8}.{0,9}\]",
        r"sops_(key_groups__list_[0-9]{1,30}__map_)?age__list_[0-9]{1,30}__map_(enc|recipient)=(age1|-----BEGIN AGE ENCRYPTED FILE-----)[\\n!-~]{0,99}",
    ];
    proptest!(settings(2_000), |(lines in prop::collection::vec(line, 0..9), noise in prop::collection::vec(any::<u8>(), 0..64))| {
        let text = lines.join("\n");
        for bytes in [text.as_bytes(), &noise, &[text.as_bytes(), &noise].concat()] {
            for store in stores::ALL {
                let sealed = (store.open)(bytes, &identities, raw);
                prop_assert!(sealed.state != State::Opened);
                prop_assert!(sealed.damages.iter().map(|damage| &damage.range).chain(&sealed.masks).all(|range| sealed.text.get(range.start as usize..range.end as usize).is_some()));
                let _ = (store.readers)(bytes);
                prop_assert!((store.plain)(bytes, &identities).is_err());
            }
        }
    });
}

#[test]
fn nothing_shows_a_secret() {
    const CANARY: &str = "canary-7f3a";
    let (first, recipient) = person();
    let (stranger, _) = person();
    let one = [recipient];
    let plain = Secret::new(format!("# {CANARY}\nA={CANARY}\nB=x{CANARY}\n"));
    let mut shown = BTreeMap::new();
    for store in stores::ALL {
        let sealed = (store.seal)(&plain, &order(&one, None)).unwrap();
        let lines: Vec<_> = sealed.lines().collect();
        let tampered = [&lines[..1], &lines[2..]].concat().join("\n");
        let unsealed = format!("C={CANARY}\n{CANARY}\n{CANARY} D={CANARY}\n#{CANARY}\n{sealed}");
        for (name, text) in [
            ("sealed", &sealed),
            ("tampered", &tampered),
            ("unsealed", &unsealed),
            ("plain", &plain.expose().to_owned()),
        ] {
            for (who, identities) in [("first", &first), ("stranger", &stranger), ("nobody", &Identities::default())] {
                let opened = (store.open)(text.as_bytes(), identities, raw);
                let plain_text = (store.plain)(text.as_bytes(), identities);
                let order = order(&one, Some((text.as_bytes(), identities)));
                let again = (store.seal)(&Secret::new(format!("{CANARY} bad\n{CANARY}=\n")), &order);
                let debug = format!("{opened:?}\n{plain_text:?}\n{:?}\n{identities:?}", again.as_ref().err());
                let error = again.err().map(|error| error.to_string()).unwrap_or_default();
                shown.insert((store.name, name, who), debug + &error);
                let unmasked: String = (0..)
                    .zip(opened.text.bytes())
                    .filter(|(at, _)| !opened.masks.iter().any(|mask| mask.contains(at)))
                    .map(|(_, byte)| char::from(byte))
                    .collect();
                assert!(!unmasked.contains(CANARY), "{} {name} {who} leaves a secret unmasked", store.name);
            }
        }
    }
    assert_eq!(shown.len(), 24);
    for (what, text) in shown {
        for fragment in [CANARY, "canary", "7f3a", "AGE-SECRET"] {
            assert!(!text.contains(fragment), "{what:?}");
        }
    }
}
