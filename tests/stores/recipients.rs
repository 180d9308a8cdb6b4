//! Whoever can open a file without being on its list, and whoever is on it in vain, is found without a key.

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use sparkcfg::checks;
use sparkcfg::finding::Finding;
use sparkcfg::project::files::Files;
use sparkcfg::project::{Options, Project};
use sparkcfg::secret::Secret;

use super::{order, person, sops};

const PEOPLE: [&str; 4] = ["laptop", "deploy", "recovery", "former"];

/// What is said about a file whose access list has these people.
fn found(keys: &[String], listed: u32, sealed: &str) -> Vec<Finding> {
    let people: Vec<_> = PEOPLE.iter().zip(keys).map(|(name, key)| format!("{name} = {key:?}\n")).collect();
    let names = PEOPLE.iter().enumerate().filter(|(index, _)| listed & (1 << index) != 0).map(|(_, name)| name);
    let names: Vec<_> = names.collect();
    let table = format!("[people]\n{}[access]\nprod = {names:?}\n", people.concat());
    let files = BTreeMap::from([
        ("sparkcfg.toml".to_owned(), table.into_bytes()),
        ("environments/prod.secrets.env".to_owned(), sealed.as_bytes().to_vec()),
    ]);
    let project = Project::read(&Files::staged(Path::new("."), "", files), &Options::default()).unwrap();
    let findings = checks::run(&project).findings.into_iter();
    findings.filter(|finding| finding.rule.code == "recipients-differ").collect()
}

#[test]
fn every_difference_between_file_and_table_is_found() {
    let recipients: Vec<_> = PEOPLE.iter().map(|_| person().1).collect();
    let keys: Vec<_> = recipients.iter().map(|recipient| recipient.as_str().to_owned()).collect();
    let everybody = 1_u32 << PEOPLE.len();
    let chosen = |set: u32| (0..PEOPLE.len()).filter(move |index| set & (1 << index) != 0);
    let pairs: Vec<_> = (1..everybody).flat_map(|sealed| (1..everybody).map(move |listed| (sealed, listed))).collect();
    let files: Vec<_> = (0..everybody)
        .map(|set| {
            let recipients: Vec<_> = chosen(set).map(|index| recipients[index].clone()).collect();
            let plain = Secret::new("A=one\n".into());
            if set > 0 { (sops().seal)(&plain, &order(&recipients, None)).unwrap() } else { String::new() }
        })
        .collect();
    assert_eq!(pairs.len(), 225);
    pairs.par_iter().for_each(|(sealed, listed)| {
        let findings = found(&keys, *listed, &files[*sealed as usize]);
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        for (index, name) in PEOPLE.iter().enumerate() {
            let differs = (sealed ^ listed) & (1 << index) != 0;
            let said = messages.iter().any(|message| message.starts_with(name));
            assert_eq!(said, differs, "{name}: sealed for {sealed:b}, listed {listed:b}: {messages:?}");
        }
        assert_eq!(messages.len(), (sealed ^ listed).count_ones() as usize, "{messages:?}");
    });
}

#[test]
fn what_is_written_into_the_metadata_by_hand_is_found() {
    let recipients: Vec<_> = PEOPLE.iter().map(|_| person().1).collect();
    let keys: Vec<_> = recipients.iter().map(|recipient| recipient.as_str().to_owned()).collect();
    let sealed = (sops().seal)(&Secret::new("A=one\n".into()), &order(&recipients[..2], None)).unwrap();
    assert!(found(&keys, 0b11, &sealed).is_empty());
    let stranger = person().1;
    let block = |index: usize| {
        let line = sealed.lines().find(|line| line.starts_with(&format!("sops_age__list_{index}__map_enc="))).unwrap();
        line.split_once('=').unwrap().1.to_owned()
    };
    let added =
        |key: &str| format!("{sealed}sops_age__list_2__map_recipient={key}\nsops_age__list_2__map_enc={}\n", block(0));
    for (changed, count) in [
        // A key of one's own with somebody's block beside it, waiting for the next rotation.
        (added(stranger.as_str()), 1),
        (added(&keys[3]), 1),
        (sealed.replace(&keys[1], stranger.as_str()), 2),
        (sealed.replace(&keys[1], &keys[0]), 1),
        (sealed.split_inclusive('\n').filter(|line| !line.contains("list_1")).collect(), 1),
        (sealed.replace("sops_age__list_1__map_recipient", "sops_age__list_1__map_other"), 1),
    ] {
        let findings = found(&keys, 0b11, &changed);
        assert_eq!(findings.len(), count, "{:?}", findings.iter().map(|finding| &finding.message).collect::<Vec<_>>());
    }
}
