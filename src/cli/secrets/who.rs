//! `sparkcfg secrets who`: who can open which environment's secrets, by the table and by the files.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::{Value, json};

use super::Global;
use crate::checks;
use crate::cli::printing;
use crate::envelope::{CONFLICT, SOLVE_WHOLE, has_conflict, solve};
use crate::error::Error;
use crate::finding::Finding;
use crate::outputs::{self, json_text};
use crate::project::access::{SealedFile, sealed_files};
use crate::project::config::Config;
use crate::project::files::Files;
use crate::project::past::{Holder, Past};
use crate::project::{Options, Project};
use crate::report::{Report, Summary};
use crate::source::{printable, printable_lines};
use crate::stores::{self, Readers, is_of_plugin};

/// The arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Fail with recipients-differ where the files, or .sops.yaml, are not what the table says
    #[arg(long)]
    check: bool,
}

/// A sealed file and what it says about itself.
struct Known {
    file: SealedFile,
    bytes: Vec<u8>,
    readers: Readers,
    /// Those who hold its data key from an earlier version.
    holders: Vec<Holder>,
    /// Why it says nothing.
    trouble: Option<Error>,
}

impl Who {
    pub(super) fn run(&self, global: &Global) -> Result<ExitCode, Error> {
        let (root, prefix) = global.folder()?;
        let files = Files::on_disk(&root, &prefix);
        if self.check {
            return judge(&files, global);
        }
        let config = Project::config(&files)?;
        let mut known = Vec::new();
        for file in sealed_files(&files, &config)? {
            known.push(Known::read(file, &files)?);
        }
        let past = Past::of(&files, &known.iter().map(|one| one.file.path.as_str()).collect::<Vec<_>>());
        for one in &mut known {
            one.holders = past.holders(&one.file.path, &one.bytes);
        }
        let mut environments = Project::environment_names_in(&files, &config)?;
        if environments.is_empty() && config.workspace.is_some() {
            return Err(super::root_of_workspace(&config));
        }
        let more: Vec<_> = config.access.keys().filter(|name| !environments.contains(name)).cloned().collect();
        environments.extend(more);
        match global.format.as_str() {
            "json" => printing::print(&json_text(&as_json(&environments, &known, &config, &files)))?,
            "human" => printing::print(&printable_lines(&table(&environments, &known, &config, &files)))?,
            other => {
                let help = "there are human and json; `who --check` writes every format of a report";
                return Err(Error::new(format!("who cannot be written as {other}")).help(help));
            }
        }
        let troubles: Vec<_> = known.iter().filter_map(|one| one.trouble.as_ref()).collect();
        for trouble in &troubles {
            printing::complain(&format!("{trouble}\n"))?;
        }
        if let Some(gap) = past.gap().filter(|_| global.quiet == 0) {
            printing::complain(&format!("{}\n  help: {}\n", gap.message(), gap.help()))?;
        }
        Ok(ExitCode::from(if troubles.is_empty() { 0 } else { 2 }))
    }
}

impl Known {
    fn read(file: SealedFile, files: &Files) -> Result<Self, Error> {
        let shown = files.shown(&file.path);
        let store = stores::of(&file.path).ok_or_else(|| Error::new("this is no sealed file").at(&shown))?;
        let bytes = files.read(&file.path)?;
        let trouble = |message: &str, help: &str| Some(Error::new(message).at(&shown).help(help));
        let (readers, trouble) = match (store.readers)(&bytes) {
            _ if has_conflict(&bytes) => {
                let help = if store.shows_names { solve(&bytes, None) } else { SOLVE_WHOLE };
                (Readers::default(), trouble(CONFLICT, help))
            }
            Ok(readers) => (readers, None),
            Err(why) => (Readers::default(), trouble(why.message(), why.help())),
        };
        Ok(Self { file, bytes, readers, holders: Vec::new(), trouble })
    }
}

impl Known {
    /// Whoever can open it, as far as that can be told.
    fn who(&self) -> impl Iterator<Item = &String> {
        self.readers.recipients.iter().chain(self.holders.iter().map(|holder| &holder.recipient))
    }
}

/// The findings about recipients and [access], as `validate` tells them; of a damaged file nobody knows for whom it is sealed.
fn judge(files: &Files, global: &Global) -> Result<ExitCode, Error> {
    let destinations = printing::destinations(&global.output)?;
    let mut project = Project::read(files, &Options { history: true, ..Options::default() })?;
    let mut found = checks::run(&project);
    let of_tables = |finding: &Finding| {
        let source = finding.label.as_ref().map(|label| label.span.source);
        finding.rule.code == "unknown-environment" && source == project.config_source
    };
    // Of values that are still to change `validate` tells; that the record of them was lost is about who knows what.
    let of_record = |finding: &Finding| finding.rule.code == "revoked-reader" && finding.environments.is_empty();
    found.findings.retain(|finding| {
        let of_files = matches!(finding.rule.code, "recipients-differ" | "sealed-file-damaged");
        of_files || of_tables(finding) || of_record(finding)
    });
    project.hide_secrets();
    let (environments, files, keys) = found.looked_at;
    let summary = Summary { environments, files, keys, ..Summary::default() };
    let report = Report::new("secrets who", found.findings, std::mem::take(&mut project.sources), summary)
        .failing_from(global.fail_on)
        .at_home(global.home());
    printing::save(&report, &destinations)?;
    if global.quiet < 2 {
        let output = outputs::find(&global.format).ok_or_else(|| Error::new("there is no such format"))?;
        printing::print(&(output.write)(&report, &printing::style(global.color, global.quiet > 0)))?;
    }
    Ok(ExitCode::from(u8::from(report.fails())))
}

/// A reader as people know it: by name, or by the beginning of an unknown key.
fn called(config: &Config, key: &str) -> String {
    match config.owner_of(key) {
        Some(name) => printable(name),
        None => format!("{}…", printable(&key.chars().take(16).collect::<String>())),
    }
}

/// What one person can do in one environment.
fn cell(name: &str, environment: &str, known: &[Known], config: &Config) -> &'static str {
    let of_environment: Vec<_> =
        known.iter().filter(|one| one.file.environments.iter().any(|each| each == environment)).collect();
    if of_environment.iter().any(|one| one.trouble.is_some()) {
        return "unknown";
    }
    let of_environment = of_environment.into_iter();
    let named: Vec<_> = of_environment.filter(|one| one.readers.unnamed.is_empty()).collect();
    let is_key = |key: &String| called(config, key) == name || config.names_of(key).contains(&name);
    let opens = |one: &&&Known| one.who().any(is_key);
    let may = |one: &&&Known| config.names_of_readers(&one.file.environments).contains(name);
    let declared = config.names_of_readers(&[environment]).contains(name);
    let uninvited =
        named.iter().filter(opens).any(|one| !may(&one) && config.readers_of(&one.file.environments).is_some());
    let opened = named.iter().filter(opens).count();
    match (declared, opened) {
        _ if uninvited => "uninvited",
        (true, opened) if opened < named.len() => "not yet",
        (true, _) => "yes",
        (false, 0) => "-",
        // Without a line in the table, what opens says all. With one, shared files are for the people of every environment
        // that uses them.
        (false, opened) if opened == named.len() && !config.access.contains_key(environment) => "yes",
        (false, _) if named.iter().filter(opens).any(|one| one.file.environments.len() == 1) => "in part",
        (false, _) => "shared",
    }
}

fn table(environments: &[String], known: &[Known], config: &Config, files: &Files) -> String {
    let mut people: Vec<String> = config.people.keys().map(|name| printable(name)).collect();
    let strangers: BTreeSet<_> = known.iter().flat_map(Known::who).map(|key| called(config, key)).collect();
    people.extend(strangers.into_iter().filter(|name| !config.people.contains_key(name)));
    if environments.is_empty() && !people.is_empty() {
        let begin = "begin with a file, as environments/dev.env, or run it in the project's folder";
        return format!("there is no environment here, so nobody can open anything; {begin}\n");
    }
    if environments.is_empty() || people.is_empty() {
        return "nobody: there are no [people] in sparkcfg.toml and no sealed files; begin with `sparkcfg secrets init`\n".to_owned();
    }
    let mut rows = vec![std::iter::once(String::new()).chain(people.iter().cloned()).collect::<Vec<_>>()];
    for environment in environments {
        let cells = people.iter().map(|name| cell(name, environment, known, config).to_owned());
        rows.push(std::iter::once(printable(environment)).chain(cells).collect());
    }
    let mut text = super::columns(&rows);
    let mut said = BTreeSet::new();
    for row in rows.iter().skip(1) {
        said.extend(row.iter().skip(1).map(String::as_str));
    }
    let legend = [
        ("not yet", "in the table, but a file is not sealed for them: `sparkcfg secrets rotate ENV`"),
        (
            "in part",
            "can open only some of its files, and no list of [access] says who may: `sparkcfg secrets grant NAME ENV`",
        ),
        ("shared", "only what the environment shares with another one that they may open"),
        ("unknown", "a file of it cannot be read"),
        ("uninvited", "can open it, but is not in the table: `sparkcfg secrets rotate ENV`"),
    ];
    let legend: Vec<_> = legend.iter().filter(|(word, _)| said.contains(word)).collect();
    if !legend.is_empty() {
        text.push('\n');
        text.extend(legend.iter().map(|(word, meaning)| format!("{word}: {meaning}\n")));
    }
    for one in known.iter().filter(|one| !one.readers.unnamed.is_empty()) {
        let path = printable(&files.shown(&one.file.path));
        let recipients = match one.readers.unnamed.as_slice() {
            // A plugin may write several for one recipient.
            stanzas if stanzas.iter().any(|stanza| is_of_plugin(stanza)) => "recipients".to_owned(),
            [_] => "1 recipient".to_owned(),
            stanzas => format!("{} recipients", stanzas.len()),
        };
        let kinds = printable(&one.readers.unnamed.join(", "));
        text.extend([format!("\n{path} has {recipients} that it does not name ({kinds})\n")]);
    }
    for one in known {
        for Holder { recipient, commit } in &one.holders {
            let (path, name) = (printable(&files.shown(&one.file.path)), called(config, recipient));
            text.extend([format!("\n{path} has the data key of commit {commit}, which was sealed for {name}, too\n")]);
        }
    }
    for one in known.iter().filter(|one| !one.readers.others.is_empty()) {
        let path = printable(&files.shown(&one.file.path));
        text.extend([format!("\n{path} opens with other keys than those of age, too: {}\n", other_kinds(one))]);
    }
    text
}

/// The kinds of the keys that are none of age, as one text.
fn other_kinds(one: &Known) -> String {
    let kinds: Vec<_> = one.readers.others.iter().map(|other| printable(&other.kind)).collect();
    kinds.join(", ")
}

fn as_json(environments: &[String], known: &[Known], config: &Config, files: &Files) -> Value {
    let of_file = |one: &Known| {
        let person = |key: &String| json!({ "name": config.owner_of(key), "key": key });
        let recipients = one.readers.recipients.iter().map(person);
        let holders = one.holders.iter().map(|holder| person(&holder.recipient));
        json!({
            "path": files.shown(&one.file.path),
            "may_open": config.readers_of(&one.file.environments),
            "recipients": recipients.collect::<Vec<_>>(),
            "holders": holders.collect::<Vec<_>>(),
            "unnamed": one.readers.unnamed,
            "other_keys": one.readers.others.iter().map(|other| &other.kind).collect::<Vec<_>>(),
            "trouble": one.trouble.as_ref().map(|trouble| &trouble.message),
        })
    };
    let of_environment = |name: &String| {
        let files = known.iter().filter(|one| one.file.environments.contains(name)).map(of_file);
        let value = json!({ "access": config.access.get(name), "files": files.collect::<Vec<_>>() });
        (name.clone(), value)
    };
    json!({
        "version": 1,
        "people": config.people,
        "recovery": config.recovery,
        "environments": environments.iter().map(of_environment).collect::<serde_json::Map<_, _>>(),
    })
}
