//! What PM2 takes for each attribute of an app: what PM2 7 answers when it is given values of every kind, which
//! `tests/render_real.sh` asks it again.

use super::cron;
use crate::tree::{Node, Pair, Value};

/// Something that can be said of an app.
#[derive(Debug)]
pub struct Attribute {
    /// Its name in PM2's documentation.
    pub name: &'static str,
    /// Other names, the one that PM2 looks at first in front.
    others: &'static [&'static str],
    takes: &'static [Kind],
    form: Option<Form>,
    /// Whether the form is asked of a text alone, and only by the first name.
    is_form_of_first: bool,
    /// The least number.
    least: f64,
}

/// A kind of value, as JavaScript has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Flag,
    Number,
    Text,
    List,
    Map,
}

/// What a text has to be.
#[derive(Debug)]
struct Form {
    fits: fn(&str) -> bool,
    told: &'static str,
}

const fn takes(name: &'static str, takes: &'static [Kind]) -> Attribute {
    Attribute { name, others: &[], takes, form: None, is_form_of_first: false, least: f64::NEG_INFINITY }
}

impl Attribute {
    const fn or(self, others: &'static [&'static str]) -> Self {
        Self { others, ..self }
    }

    const fn of_form(self, fits: fn(&str) -> bool, told: &'static str) -> Self {
        Self { form: Some(Form { fits, told }), ..self }
    }

    const fn first_of_form(self, fits: fn(&str) -> bool, told: &'static str) -> Self {
        Self { is_form_of_first: true, ..self.of_form(fits, told) }
    }

    const fn at_least(self, least: f64) -> Self {
        Self { least, ..self }
    }
}

const FLAG: &[Kind] = &[Kind::Flag];
const NUMBER: &[Kind] = &[Kind::Number];
const TEXT: &[Kind] = &[Kind::Text];
const MAP: &[Kind] = &[Kind::Map];
const WORDS: &[Kind] = &[Kind::List, Kind::Text];

const CRON: &str = "a pattern of cron, as in \"0 3 * * *\"";

/// Whose values PM2 judges as they stand in the file. It works out `uid`, `gid`, `user`, `username`, `trace` and
/// `disable_trace` from something else first.
pub const ALL: &[Attribute] = &[
    takes("append_env_to_name", FLAG),
    takes("args", WORDS),
    takes("automation", FLAG),
    takes("autorestart", FLAG),
    takes("autostart", FLAG),
    // What it is called by another name is looked at only when the app runs.
    takes("cron_restart", &[Kind::Number, Kind::Text]).or(&["cron"]).first_of_form(cron::is_pattern, CRON),
    takes("cwd", TEXT),
    takes("deep_monitoring", FLAG),
    takes("disable_logs", FLAG),
    takes("disable_source_map_support", FLAG),
    takes("env", MAP),
    takes("error_file", TEXT).or(&["err_log", "err_file", "err", "error"]),
    takes("event_loop_inspector", FLAG),
    takes("exec_interpreter", TEXT).or(&["interpreter"]),
    takes("exec_mode", TEXT).of_form(is_mode, "fork or cluster"),
    takes("execute_command", FLAG),
    takes("exp_backoff_restart_delay", NUMBER),
    takes("filter_env", &[Kind::Flag, Kind::List, Kind::Text]),
    takes("force", FLAG),
    takes("ignore_watch", WORDS),
    takes("increment_var", TEXT),
    takes("install_url", TEXT),
    takes("instance_var", TEXT),
    // Of a text, PM2 takes what is a number at its beginning, or as many as there are processors.
    takes("instances", &[Kind::Number, Kind::Text]).of_form(|_| true, "a number or max"),
    takes("io", MAP),
    takes("kill_retry_time", NUMBER),
    takes("kill_timeout", NUMBER),
    takes("listen_timeout", NUMBER),
    takes("log_date_format", TEXT),
    takes("log_file", &[Kind::Flag, Kind::Text]).or(&["log"]),
    takes("log_type", TEXT),
    takes("max_memory_restart", &[Kind::Number, Kind::Text]).of_form(is_size, "a number, alone or with K, M or G"),
    takes("max_restarts", NUMBER).at_least(0.0),
    takes("merge_logs", FLAG).or(&["combine_logs"]),
    takes("min_uptime", &[Kind::Number, Kind::Text])
        .at_least(100.0)
        .of_form(is_time, "a number from 100, or one with h, m or s"),
    takes("name", TEXT),
    takes("name_prefix", TEXT),
    takes("namespace", TEXT),
    takes("node_args", WORDS).or(&["interpreter_args", "interpreterArgs"]),
    takes("out_file", TEXT).or(&["out_log", "output", "out"]),
    takes("pid_file", TEXT).or(&["pid"]),
    takes("pmx", &[Kind::Flag, Kind::Text]),
    takes("port", NUMBER),
    takes("post_update", &[Kind::List]),
    takes("restart_delay", NUMBER),
    takes("script", TEXT).or(&["exec"]),
    takes("shutdown_with_message", FLAG),
    takes("source_map_support", FLAG),
    takes("stop_exit_codes", &[Kind::List, Kind::Number]),
    takes("time", FLAG),
    takes("treekill", FLAG),
    takes("v8", FLAG),
    takes("vizion", FLAG),
    takes("wait_ready", FLAG),
    takes("watch", &[Kind::Flag, Kind::List, Kind::Text]),
    takes("watch_delay", NUMBER),
    takes("watch_options", MAP),
    takes("windowsHide", FLAG),
    takes("write", FLAG),
];

/// `env_prod` and the like.
pub const BLOCK: Attribute = takes("env_", MAP);

/// The attribute of a name, if there is one.
#[must_use]
pub fn find(name: &str) -> Option<&'static Attribute> {
    ALL.iter().find(|attribute| attribute.name == name)
}

/// All names under which an attribute may be said, in the order in which PM2 looks; a name that is none stands alone.
pub(super) fn names(name: &str) -> impl Iterator<Item = String> {
    let others = find(name).map_or(&[][..], |attribute| attribute.others);
    let joined = Some(joined(name)).filter(|joined| joined != name && !others.contains(&joined.as_str()));
    std::iter::once(name.to_owned()).chain(others.iter().map(|other| (*other).to_owned())).chain(joined)
}

/// `killTimeout` for `kill_timeout`.
fn joined(name: &str) -> String {
    let mut parts = name.split('_');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.chars().next().filter(|_| part.len() > 1) {
            Some(first) => {
                out.push(first.to_ascii_uppercase());
                out.push_str(&part[first.len_utf8()..]);
            }
            None => out.push_str(part),
        }
    }
    out
}

/// Whether JavaScript takes a value for none: then PM2 looks at the next name.
pub(super) fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Scalar { text, plain } => {
            node.is_null() || text.is_empty() || *plain && matches!(text.as_str(), "0" | "false" | "False" | "FALSE")
        }
        _ => false,
    }
}

impl Attribute {
    /// Whether PM2 refuses what is said, and starts nothing of the file; not where that is not known.
    #[must_use]
    pub fn refuses(&self, said: &Pair) -> bool {
        let node = &said.value;
        // An empty value is passed over for the next name, of which there is none, or which is the last.
        let is_last = said.key == joined(self.name) && self.name != "name" && self.name != "env";
        if node.is_null() || is_empty(node) && !is_last {
            return false;
        }
        let Some(kind) = kind(node) else { return false };
        if self.is_form_of_first && said.key == self.name && !matches!(node.value, Value::List(_)) {
            let fits = |text| self.form.as_ref().is_none_or(|form| (form.fits)(text));
            return kind != Kind::Text || !node.text().is_some_and(fits);
        }
        let number = match &node.value {
            Value::Scalar { text, .. } if kind != Kind::Flag => number(text),
            // JavaScript takes a list of one number for the number.
            Value::List(items) if items.len() < 2 && self.takes.contains(&Kind::Number) => return false,
            _ => None,
        };
        match number.filter(|_| self.takes.contains(&Kind::Number)) {
            Some(number) => number < self.least,
            None if !self.takes.contains(&kind) => true,
            None if self.is_form_of_first => false,
            None => self.form.as_ref().is_some_and(|form| node.text().is_some_and(|text| !(form.fits)(text))),
        }
    }

    /// What it takes, in words: each an alternative.
    #[must_use]
    pub fn told(&self) -> Vec<&'static str> {
        if let Some(form) = &self.form {
            return vec![form.told];
        }
        let words = |kind: &Kind| -> &[&'static str] {
            match kind {
                Kind::Flag => &["true", "false"],
                Kind::Number => &["a number"],
                Kind::Text => &["a text"],
                Kind::List => &["a list"],
                Kind::Map => &["names with their values"],
            }
        };
        self.takes.iter().flat_map(words).copied().collect()
    }

    /// Whether it takes nothing but `true` and `false`.
    #[must_use]
    pub fn is_flag(&self) -> bool {
        self.takes == FLAG
    }

    /// Whether it is a time in milliseconds.
    #[must_use]
    pub fn is_time(&self) -> bool {
        self.takes == NUMBER && ["delay", "timeout", "time"].iter().any(|end| self.name.ends_with(end))
    }
}

/// What JavaScript or PM2's reader of YAML makes of a value; `None` where that is not known.
fn kind(node: &Node) -> Option<Kind> {
    let (text, plain) = match &node.value {
        Value::Map(_) => return Some(Kind::Map),
        Value::List(_) => return Some(Kind::List),
        Value::Unknown | Value::OneOf(_) => return None,
        Value::Scalar { text, plain } => (text, *plain),
    };
    if !plain {
        return Some(Kind::Text);
    }
    if matches!(text.as_str(), "true" | "True" | "TRUE" | "false" | "False" | "FALSE") {
        return Some(Kind::Flag);
    }
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if decimal && text.parse::<f64>().is_ok() {
        return Some(Kind::Number);
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first)) {
        return Some(Kind::Text);
    }
    // `5s` is a text; `0x10`, `1_000`, a date or `.inf` may be something else.
    let may_be_other = |sign: char| sign.is_ascii_hexdigit() || "xXoO_:.+-TtZz inIN".contains(sign);
    (!text.chars().all(may_be_other)).then_some(Kind::Text)
}

/// The number that JavaScript takes a text for, as far as it can be said; an empty one is zero.
fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty() {
        return Some(f64::INFINITY);
    }
    for (base, starts) in [(16, ["0x", "0X"]), (8, ["0o", "0O"]), (2, ["0b", "0B"])] {
        if let Some(digits) = starts.iter().find_map(|start| text.strip_prefix(start)) {
            // It counts as a number, and PM2 reads the digits up to the letter.
            let counts = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
            return counts.then_some(0.0);
        }
    }
    let named = text.trim_start_matches(['+', '-']) == "Infinity";
    let decimal = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse().ok().filter(|_| named || decimal)
}

fn is_mode(text: &str) -> bool {
    matches!(text.strip_suffix("_mode").unwrap_or(text), "fork" | "cluster")
}

fn is_size(text: &str) -> bool {
    is_number_with(text, &['G', 'M', 'K'])
}

fn is_time(text: &str) -> bool {
    is_number_with(text, &['h', 'm', 's'])
}

/// Digits, with or without a unit behind them.
fn is_number_with(text: &str, units: &[char]) -> bool {
    let digits = text.strip_suffix(units).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pm2::Ecosystem;
    use crate::source::Sources;

    #[test]
    fn refusals() {
        for (path, text, refused) in [
            ("a.js", "autorestart: true, autostart: false, time: null", ""),
            (
                "a.js",
                "autorestart: 'false', time: 1, watch: 'src', vizion: 0, wait_ready: 0",
                "autorestart time vizion",
            ),
            ("a.js", "kill_timeout: '5000', max_restarts: '10', min_uptime: '10s', restart_delay: ' 5 '", ""),
            (
                "a.js",
                "kill_timeout: '5s', listen_timeout: true, restart_delay: {}",
                "kill_timeout listen_timeout restart_delay",
            ),
            ("a.js", "kill_timeout: '1e3', restart_delay: '0x10', watch_delay: [5], listen_timeout: ''", ""),
            ("a.js", "kill_timeout: soon(), restart_delay: process.env.X || '5s', listen_timeout: -1", ""),
            ("a.js", "min_uptime: 50, max_restarts: 3", "min_uptime"),
            ("a.js", "min_uptime: '10 s', max_memory_restart: '1.5G'", "min_uptime max_memory_restart"),
            ("a.js", "max_memory_restart: '512M', exec_mode: 'cluster_mode', instances: 'max'", ""),
            (
                "a.js",
                "max_memory_restart: '512MB', exec_mode: 'clustr', instances: true",
                "exec_mode instances max_memory_restart",
            ),
            ("a.js", "env: 'A=1', args: 5, node_args: '--x', post_update: 'x'", "args env post_update"),
            ("a.js", "env: ['A=1'], stop_exit_codes: '125'", "env"),
            ("a.js", "name: 5, cron_restart: '0 3 * * *', interpreter: true", "exec_interpreter name"),
            ("a.js", "cron_restart: '@daily'", "cron_restart"),
            ("a.js", "cron_restart: 5, cron: '0 3 * *'", "cron_restart"),
            ("a.js", "cron_restart: 0, cron: '@daily'", ""),
            ("a.js", "cron: true", "cron_restart"),
            ("a.yaml", "{cron_restart: 0 3 * * *}", ""),
            ("a.js", "killTimeout: '5s', error: 5, maxMemoryRestart: '1G'", "error_file kill_timeout"),
            (
                "a.yaml",
                "{autorestart: yes, time: True, restart_delay: 5s, kill_timeout: 1_000}",
                "autorestart restart_delay",
            ),
            ("a.yaml", "{min_uptime: 0x100, listen_timeout: 1e3, name: 2024-01-01, script: ~}", ""),
        ] {
            let whole =
                if path == "a.js" { format!("module.exports = [{{ {text} }}]") } else { format!("apps: [{text}]") };
            let file = Ecosystem::read(Sources::default().add(path, whole.as_str()), path, &whole);
            let app = &file.apps[0];
            let found = ALL.iter().filter(|one| app.pair(one.name).is_some_and(|said| one.refuses(said)));
            let mut found: Vec<_> = found.map(|one| one.name).collect();
            let mut expected: Vec<_> = refused.split_whitespace().collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn names_in_their_order() {
        for (name, expected) in [
            ("kill_timeout", "kill_timeout killTimeout"),
            ("out_file", "out_file out_log output out outFile"),
            ("exec_interpreter", "exec_interpreter interpreter execInterpreter"),
            ("node_args", "node_args interpreter_args interpreterArgs nodeArgs"),
            ("env", "env"),
            ("...", "..."),
        ] {
            assert_eq!(names(name).collect::<Vec<_>>().join(" "), expected);
        }
    }
}
