//! Random schemas and values: the verdict must be the one of the `jsonschema` crate.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};
use sparkcfg::schema::Schema;
use sparkcfg::schema::violation::Violation;

const DRAFTS: [&str; 5] = [
    "http://json-schema.org/draft-04/schema#",
    "http://json-schema.org/draft-06/schema#",
    "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema",
    "https://json-schema.org/draft/2020-12/schema",
];

const TEXTS: [&str; 24] = [
    "",
    "a",
    "ab",
    "aB_1",
    "ä",
    "𝄞x",
    "1",
    "80",
    "2024-02-30",
    "2024-02-29",
    "12:30:00Z",
    "2024-02-29T12:30:00Z",
    "a@b.co",
    "example.com",
    "-a.b",
    "127.0.0.1",
    "127.0.0.01",
    "::1",
    "http://a/b",
    "a/b",
    "/a~0",
    "{x}",
    "00000000-0000-4000-8000-000000000000",
    "A_NAME",
];

/// Values of every type, with the numbers that are easily confused.
fn value() -> impl Strategy<Value = Value> {
    let number = select(vec![
        json!(0),
        json!(1),
        json!(-1),
        json!(1.0),
        json!(1.5),
        json!(0.1),
        json!(0.3),
        json!(7),
        json!(80),
        json!(1e20),
        json!(-0.0),
        json!(9_007_199_254_740_993_i64),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e-7),
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        select(TEXTS.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::Array),
            vec((select(vec!["a", "b", "c", "A_NAME"]), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn types() -> impl Strategy<Value = Value> {
    let name = || select(vec!["integer", "number", "boolean", "null", "array", "object", "string"]);
    let one = name().prop_map(Value::from);
    prop_oneof![3 => one, 1 => (name(), name()).prop_map(|(a, b)| if a == b { json!([a]) } else { json!([a, b]) })]
}

fn pattern() -> impl Strategy<Value = &'static str> {
    select(vec![
        "^a",
        "b$",
        "^[a-z]+$",
        "^[A-Z]+[0-9]*_NAME$",
        "^(a|ab)$",
        "\\d{2}",
        "[^a-z]",
        "^.?$",
        "^\\S*$",
        "a.*b|1",
        "^(dev|prod)$",
        "^\\w{1,3}$",
        "[\\-/]",
        "^[^\\s@]+@[^\\s@]+$",
        "x?",
        "é|ä",
    ])
}

/// The formats that the draft names; the crate ignores the others, while sparkcfg asserts them all.
fn format(draft: usize) -> impl Strategy<Value = &'static str> {
    let mut names = vec!["date", "time", "date-time", "email", "hostname", "ipv4", "ipv6", "uri", "regex"];
    if draft > 0 {
        names.extend(["uri-reference", "uri-template", "json-pointer"]);
    }
    select(names)
}

/// One keyword with its value, for schemas whose inner schemas are `inner`.
fn keyword(inner: BoxedStrategy<Value>, draft: usize) -> BoxedStrategy<Vec<(&'static str, Value)>> {
    let is_4 = draft == 0;
    let single =
        |name: &'static str, value: BoxedStrategy<Value>| value.prop_map(move |value| vec![(name, value)]).boxed();
    let number = || select(vec![json!(0), json!(1), json!(1.5), json!(-3), json!(80), json!(1e20), json!(0.1)]).boxed();
    let count = || (0_u8..4).prop_map(Value::from).boxed();
    let list = |inner: &BoxedStrategy<Value>| vec(inner.clone(), 1..3).prop_map(Value::Array).boxed();
    let named = |inner: &BoxedStrategy<Value>| {
        vec((select(vec!["a", "b", "A_NAME"]), inner.clone()), 0..3)
            .prop_map(|members| Value::Object(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()))
            .boxed()
    };
    let keys = || select(vec![json!(["a"]), json!(["b"]), json!(["a", "b"])]).boxed();
    let divisor = select(vec![json!(1), json!(2), json!(0.1), json!(0.5), json!(1e-7), json!(3)]).boxed();
    let mut all = vec![
        single("type", types().boxed()),
        single(
            "enum",
            vec(value(), 1..4)
                .prop_map(|values| {
                    let mut unique: Vec<Value> = Vec::new();
                    for value in values {
                        if !unique.contains(&value) {
                            unique.push(value);
                        }
                    }
                    Value::Array(unique)
                })
                .boxed(),
        ),
        single("minimum", number()),
        single("maximum", number()),
        single("multipleOf", divisor),
        single("minLength", count()),
        single("maxLength", count()),
        single("pattern", pattern().prop_map(Value::from).boxed()),
        single("format", format(draft).prop_map(Value::from).boxed()),
        single("minItems", count()),
        single("maxItems", count()),
        single("uniqueItems", any::<bool>().prop_map(Value::Bool).boxed()),
        single("items", inner.clone()),
        single("minProperties", count()),
        single("maxProperties", count()),
        single("required", keys()),
        single("properties", named(&inner)),
        single(
            "patternProperties",
            (pattern(), inner.clone()).prop_map(|(pattern, schema)| json!({ pattern: schema })).boxed(),
        ),
        single("additionalProperties", prop_oneof![any::<bool>().prop_map(Value::Bool), inner.clone()].boxed()),
        single("allOf", list(&inner)),
        single("anyOf", list(&inner)),
        single("oneOf", list(&inner)),
        single("not", inner.clone()),
        single("dependencies", keys().prop_map(|keys| json!({ "a": keys })).boxed()),
        single("dependencies", named(&inner)),
        single("$ref", select(references(draft)).prop_map(Value::from).boxed()),
    ];
    if is_4 {
        all.push(
            (number(), any::<bool>()).prop_map(|(n, e)| vec![("minimum", n), ("exclusiveMinimum", e.into())]).boxed(),
        );
        all.push(
            (number(), any::<bool>()).prop_map(|(n, e)| vec![("maximum", n), ("exclusiveMaximum", e.into())]).boxed(),
        );
    } else {
        all.push(single("const", value().boxed()));
        all.push(single("exclusiveMinimum", number()));
        all.push(single("exclusiveMaximum", number()));
        all.push(single("contains", inner.clone()));
        all.push(single("propertyNames", inner.clone()));
    }
    if draft < 4 {
        all.push((list(&inner), inner.clone()).prop_map(|(l, i)| vec![("items", l), ("additionalItems", i)]).boxed());
    } else {
        all.push((list(&inner), inner.clone()).prop_map(|(l, i)| vec![("prefixItems", l), ("items", i)]).boxed());
    }
    if draft >= 2 {
        let branches = (inner.clone(), inner.clone(), inner.clone());
        all.push(branches.prop_map(|(i, t, e)| vec![("if", i), ("then", t), ("else", e)]).boxed());
    }
    if draft >= 3 {
        all.push(single("dependentRequired", keys().prop_map(|keys| json!({ "a": keys })).boxed()));
        all.push(single("dependentSchemas", named(&inner)));
        all.push(
            (inner, count(), count())
                .prop_map(|(c, least, most)| vec![("contains", c), ("minContains", least), ("maxContains", most)])
                .boxed(),
        );
    }
    proptest::strategy::Union::new(all).boxed()
}

fn object(keywords: Vec<Vec<(&'static str, Value)>>) -> Value {
    Value::Object(keywords.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn schema(draft: usize) -> BoxedStrategy<Value> {
    let leaf = prop_oneof![
        4 => vec(keyword(Just(json!({})).boxed(), draft), 0..3).prop_map(object),
        1 => any::<bool>().prop_map(move |all| if draft > 0 { Value::Bool(all) } else { json!({}) }),
    ];
    leaf.prop_recursive(2, 10, 3, move |inner| vec(keyword(inner.boxed(), draft), 1..4).prop_map(object)).boxed()
}

/// By pointer, by name, and by the URI of a schema within.
fn references(draft: usize) -> Vec<&'static str> {
    let mut references =
        vec!["#/definitions/one", "#/definitions/two", "#three", "four.json", "four.json#/definitions/five"];
    references.extend((draft > 2).then_some("four.json#six"));
    references
}

/// What [`references`] lead to; none of it refers to anything outside of itself.
fn definitions(draft: usize) -> Value {
    let id = if draft == 0 { "id" } else { "$id" };
    let (name, three) = if draft < 3 { (id, "#three") } else { ("$anchor", "three") };
    let mut definitions = json!({
        "one": { "type": ["integer", "string"], "minimum": 1, "maxLength": 2 },
        "two": { "properties": { "a": { "type": "integer" } }, "required": ["a"] },
        "three": { "type": ["string", "boolean"], "minLength": 2 },
        "four": {
            "type": ["integer", "string", "object"],
            "allOf": [{ "$ref": "#/definitions/five" }],
            "definitions": { "five": { "minimum": 1, "maxLength": 1 } }
        }
    });
    definitions["three"][name] = three.into();
    definitions["four"][id] = "four.json".into();
    if draft > 2 {
        definitions["four"]["definitions"]["six"] = json!({ "$anchor": "six", "type": "boolean" });
        definitions["six"] = json!({ "$anchor": "six", "type": "null" });
    }
    definitions
}

fn oracle(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("the generator writes valid schemas")
}

/// The members that the crate blames, or none where it blames the whole.
fn blamed(validator: &jsonschema::Validator, instance: &Value) -> BTreeSet<Option<String>> {
    use jsonschema::error::ValidationErrorKind as Kind;
    let mut blamed = BTreeSet::new();
    for error in validator.iter_errors(instance) {
        let pointer = error.instance_path().as_str().to_owned();
        if let Some(key) = pointer.split('/').nth(1) {
            blamed.insert(Some(key.to_owned()));
            continue;
        }
        match error.kind() {
            Kind::Required { property } => {
                blamed.insert(property.as_str().map(str::to_owned));
            }
            Kind::AdditionalProperties { unexpected } => blamed.extend(unexpected.iter().cloned().map(Some)),
            // `additionalProperties: false` with nothing beside it, and `propertyNames: false`.
            Kind::FalseSchema
                if error.schema_path().as_str().ends_with("/additionalProperties")
                    || error.schema_path().as_str().ends_with("/propertyNames") =>
            {
                blamed.extend(instance.as_object().into_iter().flatten().map(|(key, _)| Some(key.clone())));
            }
            Kind::PropertyNames { error } => {
                blamed.insert(error.instance().as_str().map(str::to_owned));
            }
            _ => {
                blamed.insert(None);
            }
        }
    }
    blamed
}

fn spelled(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// To the crate, `1e+20` is written as an integer, and `1.0` is not. Draft 4 (§3.5) takes neither.
fn has_exponent(value: &Value) -> bool {
    let text = value.to_string();
    text.contains("e+") || text.contains("e-")
}

/// A schema with keywords that look beyond their own place, at its root, beside others and within them.
fn entangled() -> impl Strategy<Value = (usize, Value)> {
    (3..DRAFTS.len()).prop_flat_map(|draft| {
        let inner = || prop_oneof![2 => Just(json!(false)), 1 => Just(json!(true)), 2 => schema(draft)];
        let beyond = (select(vec!["unevaluatedProperties", "unevaluatedItems"]), inner()).boxed();
        let dynamic = Just(("$dynamicRef", json!("#node"))).boxed();
        let beyond = if draft == 4 { prop_oneof![3 => beyond, 1 => dynamic].boxed() } else { beyond };
        let within = (select(vec!["allOf", "anyOf", "oneOf"]), vec((schema(draft), beyond.clone()), 1..3));
        (Just(draft), schema(draft), beyond, within).prop_map(|(draft, root, beyond, (keyword, within))| {
            let within = within.into_iter().map(|(schema, beyond)| joined(schema, vec![beyond])).collect();
            (draft, joined(root, vec![(keyword, Value::Array(within)), beyond]))
        })
    })
}

/// A schema with more keywords.
fn joined(schema: Value, keywords: Vec<(&str, Value)>) -> Value {
    let mut map = match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    map.extend(keywords.into_iter().map(|(keyword, value)| (keyword.to_owned(), value)));
    Value::Object(map)
}

fn drafted() -> impl Strategy<Value = (usize, Value)> {
    (0..DRAFTS.len()).prop_flat_map(|draft| (Just(draft), schema(draft)))
}

/// What texts come to by a schema, and what is wrong with them.
fn judged(whole: &Value, settings: &[(&str, Value)]) -> (Value, Vec<Violation>) {
    let schema = Schema::parse(&whole.to_string()).expect("the crate takes it, too");
    let texts: Vec<_> = settings.iter().map(|(key, value)| (*key, spelled(value))).collect();
    let instance: Map<String, Value> =
        texts.iter().map(|(key, text)| ((*key).to_owned(), schema.typed(None, key, text).to_value())).collect();
    let violations = schema.check(None, texts.iter().map(|(key, text)| (*key, Some(text.as_str()))));
    (Value::Object(instance), violations)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// Of what is checked as a whole the crate says the same; all that is read here is what it says it of.
    #[test]
    fn whole_schemas_are_judged_alike(
        (draft, root) in entangled(),
        settings in vec((select(vec!["a", "b", "c", "A_NAME"]), value()), 0..4),
    ) {
        let mut whole = root;
        whole["$schema"] = DRAFTS[draft].into();
        let mut definitions = definitions(draft);
        if draft == 4 {
            definitions["node"] = json!({ "$dynamicAnchor": "node", "type": ["object", "integer", "array"] });
        }
        whole["definitions"] = definitions;
        let (instance, violations) = judged(&whole, &settings);
        prop_assert_eq!(
            violations.is_empty(), oracle(&whole).is_valid(&instance), "{} {} {:?}", whole, instance, violations
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_500, failure_persistence: None, ..ProptestConfig::default() })]

    /// A value inside an object that is one setting: any JSON at all.
    #[test]
    fn values_are_judged_alike((draft, inner) in drafted(), values in vec(value(), 4)) {
        let whole = json!({
            "$schema": DRAFTS[draft], "definitions": definitions(draft),
            "properties": { "K": { "type": "object", "properties": { "v": inner } } }
        });
        let schema = Schema::parse(&whole.to_string()).expect("the crate takes it, too");
        let validator = oracle(&whole);
        for value in values {
            if draft == 0 && has_exponent(&value) {
                continue;
            }
            let text = json!({ "v": value }).to_string();
            let expected = validator.is_valid(&json!({ "K": { "v": value } }));
            let violations = schema.check(None, [("K", Some(text.as_str()))]);
            prop_assert_eq!(violations.is_empty(), expected, "{} {} {:?}", whole, value, violations);
        }
    }

    /// The settings themselves, whose texts become values first.
    #[test]
    fn settings_are_judged_alike(
        (draft, root) in drafted(),
        typed in vec((select(vec!["a", "b", "c"]), types()), 0..3),
        settings in vec((select(vec!["a", "b", "c", "A_NAME"]), value()), 0..4),
    ) {
        let mut whole = match root { Value::Object(map) => map, _ => Map::new() };
        if whole.contains_key("$ref") && draft < 3 {
            whole.remove("$ref");
        }
        let properties = whole.entry("properties").or_insert_with(|| json!({}));
        for (key, types) in typed {
            let types = json!({ "type": types });
            let entry = properties.as_object_mut().unwrap().entry(key).or_insert_with(|| json!({}));
            let merged = json!({ "allOf": [entry.clone(), types] });
            *entry = merged;
        }
        whole.insert("$schema".to_owned(), DRAFTS[draft].into());
        whole.insert("definitions".to_owned(), definitions(draft));
        let whole = Value::Object(whole);
        let (instance, violations) = judged(&whole, &settings);
        let found: BTreeSet<_> = violations.iter().map(|violation| violation.key.clone()).collect();
        let mut expected = blamed(&oracle(&whole), &instance);
        if !found.contains(&None) && expected.remove(&None) {
            // Of several alternatives, the one that was meant may tell which keys are wrong.
            prop_assert!(!found.is_empty() && found.is_superset(&expected), "{} {} {:?}", whole, instance, violations);
        } else {
            prop_assert_eq!(found, expected, "{} {}", whole, instance);
        }
    }

    /// Patterns by the automaton and by the regex engine.
    #[test]
    fn patterns_match_alike(
        parts in vec(select(vec![
            "a", "b", "[a-c]", "[^a]", "\\d", "\\w", "\\s", "\\S", ".", "(ab|c)", "(a|b?)", "(?:a*b)", "-", "[\\w.-]",
            "[^\\s@]", "\\.", "é", "|",
        ]), 0..5),
        repeats in vec(select(vec!["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?"]), 5),
        anchors in (any::<bool>(), any::<bool>()),
        texts in vec("[abc1@ .\\-_é\u{a0}\u{2028}\n]{0,8}", 12),
    ) {
        let mut source: String =
            parts.iter().zip(&repeats).flat_map(|(part, repeat)| [*part, if *part == "|" { "" } else { repeat }]).collect();
        if anchors.0 { source.insert(0, '^'); }
        if anchors.1 { source.push('$'); }
        let schema = json!({ "properties": { "K": { "type": "string", "pattern": source } } });
        let schema = Schema::parse(&schema.to_string()).unwrap();
        let engine = regex::Regex::new(&jsonschema_regex::to_rust_regex(&source).unwrap()).unwrap();
        for text in &texts {
            let violations = schema.check(None, [("K", Some(text.as_str()))]);
            prop_assert_eq!(violations.is_empty(), engine.is_match(text), "{} {:?}", source, text);
        }
    }
}
