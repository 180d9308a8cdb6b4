//! Ruby: `ENV["X"]`, `ENV.fetch`.

use super::lexer::{Habit, Lexed, Quote, Syntax, lex};
use super::{Fallback, Kind, Path, Use, calls};

pub(super) const SYNTAX: Syntax = Syntax {
    line_comments: &["#"],
    block_comments: &[],
    nested_comments: false,
    quotes: &[Quote::lines("\"").with("#{"), Quote::lines("'"), Quote::lines("`").with("#{")],
    in_words: &[],
    habit: Habit::Ruby,
};

/// What stands in every text with a use.
pub(super) const MARKERS: &[&str] = &["ENV"];

pub(super) fn reads(path: &Path<'_>) -> bool {
    matches!(path.extension, "rb" | "rake" | "ru" | "erb" | "gemspec")
        || matches!(path.name, "Rakefile" | "Gemfile" | "Procfile.rb" | "Capfile" | "Vagrantfile")
}

pub(super) fn read(text: &str, uses: &mut Vec<Use>) {
    let lexed = lex(text, &SYNTAX);
    for index in 0..lexed.tokens.len() {
        if lexed.at(index) == "ENV" && lexed.before(index, 1) != "." {
            environment(&lexed, index, uses);
        }
    }
    calls::around(&lexed, &calls::Helpers::default(), uses);
    lexed.mentions(uses);
}

fn environment(lexed: &Lexed<'_>, index: usize, uses: &mut Vec<Use>) {
    match lexed.at(index + 1) {
        "[" if lexed.string(index + 2).is_some() && lexed.at(index + 3) == "]" => {
            let set = lexed.at(index + 4) == "=" && !matches!(lexed.at(index + 5), "=" | "~");
            let kind = if set { Kind::Set } else { Kind::Read };
            let fallback = if set { lexed.fallback(index + 5..index + 6) } else { after(lexed, index, index + 4) };
            uses.extend(lexed.used(index + 2, kind, fallback, true));
        }
        // `ENV.values_at("X", "Y")`
        "." if matches!(lexed.at(index + 2), "values_at" | "slice" | "fetch_values") && lexed.at(index + 3) == "(" => {
            let fallback = match lexed.at(index + 2) {
                "values_at" => Fallback::Absent,
                "slice" => Fallback::Optional,
                _ if lexed.at(lexed.close(index + 3) + 1) == "{" => Fallback::Computed,
                _ => Fallback::Required,
            };
            let names = lexed.arguments(index + 3).into_iter().filter(|part| part.len() == 1);
            let names = names.map(|part| part.start).filter(|at| lexed.string(*at).is_some());
            uses.extend(names.filter_map(|at| lexed.used(at, Kind::Read, fallback.clone(), true)));
        }
        "." if lexed.string(index + 4).is_some() && lexed.at(index + 3) == "(" => {
            let close = lexed.close(index + 3);
            let arguments = lexed.arguments(index + 3);
            let fallback = match (lexed.at(index + 2), arguments.get(1), lexed.at(close + 1)) {
                ("fetch", Some(default), _) => lexed.fallback(default.clone()),
                ("fetch", None, "{") => lexed.fallback(close + 2..lexed.close(close + 1)),
                ("fetch", None, "do") => Fallback::Computed,
                ("fetch", None, _) => Fallback::Required,
                ("key" | "has_key" | "include" | "dig" | "delete", _, _) => Fallback::Optional,
                _ => return,
            };
            uses.extend(lexed.used(index + 4, Kind::Read, fallback, true));
        }
        // `ENV.key?("X")`, `ENV.fetch "X"`
        "." if lexed.at(index + 2) == "fetch" && lexed.string(index + 3).is_some() => {
            let fallback = if lexed.at(index + 4) == "," { Fallback::Computed } else { Fallback::Required };
            uses.extend(lexed.used(index + 3, Kind::Read, fallback, true));
        }
        "." if lexed.at(index + 3) == "?" && lexed.string(index + 5).is_some() => {
            uses.extend(lexed.used(index + 5, Kind::Read, Fallback::Optional, true));
        }
        _ => {}
    }
}

fn after(lexed: &Lexed<'_>, from: usize, end: usize) -> Fallback {
    match (lexed.at(end), lexed.at(end + 1)) {
        // Nothing is an empty text, and 0.
        (".", "to_s" | "to_i" | "to_f" | "to_a") => return Fallback::Optional,
        (".", "presence") => {
            return Some(after(lexed, from, end + 2))
                .filter(|said| *said != Fallback::Absent)
                .unwrap_or(Fallback::Optional);
        }
        _ => {}
    }
    let or = lexed.at(end) == "|" && lexed.at(end + 1) == "|";
    if or {
        let begin = if lexed.at(end + 2) == "=" { end + 3 } else { end + 2 };
        return lexed.fallback_until(begin, &[")", ",", "]", "}", ";", "if", "unless", "%", "|"]);
    }
    let compared = lexed.at(end) == "=" && lexed.at(end + 1) == "="
        || lexed.follows(end, &["!", "="])
        || matches!(lexed.at(end), "?" | "&")
        || lexed.follows(end, &[".", "present"])
        || lexed.follows(end, &[".", "blank"])
        || lexed.follows(end, &[".", "nil"]);
    let asked = matches!(lexed.before(from, 1), "if" | "unless" | "!" | "elsif" | "&" | "while");
    // `{ key: ENV["X"] }` hands on whatever there is, and so does a name of which is asked later whether it has a value.
    let in_a_hash = lexed.before(from, 1) == ":" || lexed.before(from, 1) == ">" && lexed.before(from, 2) == "=";
    if compared || asked || in_a_hash || is_asked_later(lexed, from) { Fallback::Optional } else { Fallback::Absent }
}

/// Whether the name that is given a value before `from` is asked later whether it has one: `return unless key.present?`.
fn is_asked_later(lexed: &Lexed<'_>, from: usize) -> bool {
    let Some(name) = from.checked_sub(2).filter(|at| lexed.before(from, 1) == "=" && lexed.is_word(*at)) else {
        return false;
    };
    let asks = |at: usize| {
        let method = lexed.at(at + 1) == "." && matches!(lexed.at(at + 2), "present" | "blank" | "nil" | "empty");
        let safe = lexed.follows(at + 1, &["&", "."]);
        method || safe || matches!(lexed.before(at, 1), "if" | "unless" | "!" | "elsif")
    };
    lexed.said_later(name, name, |at| asks(at).then_some(Fallback::Optional)).is_some()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn uses() {
        for (text, expected) in [
            ("x = ENV['A_B']", "A_B"),
            ("x = ENV.fetch(\"A_B\")", "A_B!"),
            ("x = ENV.fetch('A_B', 5)", "A_B=5"),
            ("x = ENV.fetch('A_B') { 'd' }", "A_B=d"),
            ("x = ENV['A_B'] || 'd'\ny", "A_B=d"),
            ("x if ENV['A_B']\nreturn if ENV['C_D'].present?", "A_B? C_D?"),
            ("ENV['A_B'] ||= 'test'", "A_B=test"),
            ("{ a: ENV['A_B'], 'c' => ENV['C_D'] }", "A_B? C_D?"),
            ("x = ENV['A_B']\nreturn nil unless x.present?\ny = ENV['C_D']\nf(y)", "A_B? C_D"),
            ("ENV['A_B'] = 'x'", "set A_B=x"),
            ("x = ENV['A_B'].presence || 'q'\ny = ENV['C_D'].to_s\nz = ENV['E_F'].presence", "A_B=q C_D? E_F?"),
            ("ENV.key?('A_B')", "A_B?"),
            ("a, b = ENV.values_at('A_B', 'C_D')", "A_B C_D"),
            ("ENV.slice('A_B', name)\nENV.fetch_values('C_D')\nENV.fetch_values('E_F') { 1 }", "A_B? C_D! E_F=?"),
            ("x = \"#{ENV['A_B']}/y\"", "A_B"),
            ("=begin\nENV['A_B']\n=end\nENV['C_D']", "C_D"),
            ("x = <<~SQL\n  ENV['A_B'] #{ENV['C_D']}\nSQL\nENV['E_F']", "C_D E_F"),
            ("x = %w[ENV['A_B'] b]; y = a / 2; ENV['C_D'] / 3", "C_D"),
            ("# ENV['A_B']\n'ENV[\"A_B\"]'", ""),
            ("x << Y\nENV['A_B']", "A_B"),
        ] {
            assert_eq!(shown("a.rb", text), expected, "{text}");
        }
    }
}
