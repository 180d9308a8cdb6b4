//! viper of Go: keys that are bound to variables, and a prefix by which it reads every other one.

use super::lexer::Lexed;
use super::{Fallback, Kind, Use, is_name};

/// Methods that are given a key first.
const GETTERS: &[&str] = &[
    "BindPFlag",
    "Get",
    "GetBool",
    "GetDuration",
    "GetFloat64",
    "GetInt",
    "GetInt64",
    "GetString",
    "GetStringSlice",
    "GetUint",
    "GetUint16",
    "IsSet",
    "SetDefault",
];

pub(super) fn read(lexed: &Lexed<'_>, uses: &mut Vec<Use>) {
    if !lexed.text.contains("BindEnv") && !lexed.text.contains("AutomaticEnv") {
        return;
    }
    let called = |name: &'static str| {
        (0..lexed.tokens.len()).filter(move |index| lexed.at(*index) == name && lexed.at(*index + 1) == "(")
    };
    let set = called("SetEnvPrefix").next().map(|index| index + 2);
    let prefix = set.map_or(Some(String::new()), |at| {
        lexed
            .string(at)
            .map(|prefix| if prefix.is_empty() { String::new() } else { format!("{}_", prefix.to_ascii_uppercase()) })
    });
    for index in called("AutomaticEnv") {
        // A prefix that nobody can see may be any.
        uses.push(Use::prefix(prefix.clone().unwrap_or_default(), lexed.range(set.unwrap_or(index))));
    }
    // With `AutomaticEnv` whatever is asked for by its key may come from the variable of that name.
    let automatic = called("AutomaticEnv").next().is_some();
    for index in (0..lexed.tokens.len()).filter(|_| automatic) {
        let asks = GETTERS.contains(&lexed.at(index)) && lexed.at(index + 1) == "(";
        let of_viper =
            lexed.before(index, 1) == "." && matches!(lexed.before(index, 2), "viper" | "v" | "vp" | "vip" | "cfg");
        let (true, Some(prefix), Some(key)) = (asks && of_viper, &prefix, lexed.string(index + 2)) else { continue };
        let replaces = |sign: &str| lexed.text.contains("NewReplacer") && lexed.text.contains(&format!("\"{sign}\""));
        let mut name = key.to_ascii_uppercase();
        for sign in ["-", "."].into_iter().filter(|sign| replaces(sign)) {
            name = name.replace(sign, "_");
        }
        let fallback = match lexed.at(index) {
            "SetDefault" => {
                lexed.arguments(index + 1).get(1).map_or(Fallback::Computed, |value| lexed.fallback(value.clone()))
            }
            // A flag has a default of its own, and a getter gives nothing.
            _ => Fallback::Optional,
        };
        if is_name(&name) {
            let (name, at) = (format!("{prefix}{name}"), lexed.range(index + 2));
            uses.push(Use { name, at, kind: Kind::Read, fallback, sure: true, owner: None, secret: None });
        }
    }
    for index in called("BindEnv").chain(called("MustBindEnv")) {
        let mut arguments = lexed.arguments(index + 1).into_iter().map(|argument| argument.start);
        let Some(key) = arguments.next() else { continue };
        let names: Vec<usize> = arguments.filter(|at| lexed.string(*at).is_some()).collect();
        uses.extend(names.iter().filter_map(|name| lexed.used(*name, Kind::Read, Fallback::Optional, true)));
        // By the key alone it is bound to the variable of that name.
        if let (true, Some(prefix), Some(written)) =
            (names.is_empty(), &prefix, lexed.string(key).filter(|key| is_name(key)))
        {
            let name = format!("{prefix}{}", written.to_ascii_uppercase());
            let at = lexed.range(key);
            uses.push(Use {
                name,
                at,
                kind: Kind::Read,
                fallback: Fallback::Optional,
                sure: true,
                owner: None,
                secret: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;

    #[test]
    fn bindings() {
        for (text, expected) in [
            ("viper.BindEnv(\"port\", \"A_B\")", "A_B?"),
            ("viper.SetEnvPrefix(\"app\")\nviper.BindEnv(\"port\")", "APP_PORT?"),
            ("viper.SetEnvPrefix(\"app\")\nviper.AutomaticEnv()\nviper.GetString(\"port\")", "prefix APP_ APP_PORT?"),
            (
                "viper.SetEnvPrefix(\"app\")\nviper.AutomaticEnv()\nviper.SetEnvKeyReplacer(strings.NewReplacer(\"-\", \"_\"))\nviper.SetDefault(\"the-port\", 80)\nviper.BindPFlag(\"a.b\", f)",
                "prefix APP_ APP_THE_PORT=80",
            ),
            ("v.AutomaticEnv()", "prefix "),
            ("v.SetEnvPrefix(name)\nv.AutomaticEnv()\nv.BindEnv(\"port\")", "prefix "),
        ] {
            assert_eq!(shown("a.go", text), expected, "{text}");
        }
    }
}
