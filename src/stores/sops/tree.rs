//! A SOPS file in YAML or JSON form, as the tree that its values are sealed in.

/// Documents, each a map, without their metadata.
pub(super) struct Tree {
    pub(super) documents: Vec<Vec<Item>>,
    /// The metadata under the names that the dotenv form has for it: `age__list_0__map_recipient`.
    pub(super) metadata: Vec<(String, String)>,
}

/// What stands in a map or a list, in file order.
pub(super) enum Item {
    /// What follows `#`.
    Comment(String),
    /// A value and its key; in a list the key is empty.
    Value(String, Node),
}

/// A value.
pub(super) enum Node {
    Null,
    Text(String),
    Boolean(bool),
    /// A number or a time, spelled as SOPS spells it where the MAC depends on it.
    Number(String),
    Map(Vec<Item>),
    List(Vec<Item>),
}

/// The key of the metadata.
const METADATA: &str = "sops";

impl Tree {
    /// Takes the metadata out of the documents; those of the first document count, as they do for SOPS. `None` if there
    /// are none, or if a document is no map.
    pub(super) fn of(documents: Vec<Node>) -> Option<Self> {
        let mut tree = Self { documents: Vec::with_capacity(documents.len()), metadata: Vec::new() };
        for document in documents {
            let Node::Map(mut items) = document else { return None };
            let is_metadata = |item: &Item| matches!(item, Item::Value(key, _) if key == METADATA);
            if let Some(at) = items.iter().position(is_metadata)
                && let Item::Value(_, Node::Map(metadata)) = items.remove(at)
                && tree.metadata.is_empty()
            {
                tree.flatten("", &metadata);
            }
            tree.documents.push(items);
        }
        (!tree.metadata.is_empty()).then_some(tree)
    }

    fn flatten(&mut self, prefix: &str, items: &[Item]) {
        let mut index = 0;
        for item in items {
            let Item::Value(key, node) = item else { continue };
            let name = match (prefix, key.as_str()) {
                ("", key) => key.to_owned(),
                (prefix, "") => format!("{prefix}__list_{index}"),
                (prefix, key) => format!("{prefix}__map_{key}"),
            };
            index += 1;
            match node {
                Node::Null => {}
                Node::Text(text) | Node::Number(text) => self.metadata.push((name, text.clone())),
                Node::Boolean(value) => self.metadata.push((name, value.to_string())),
                Node::Map(items) | Node::List(items) => self.flatten(&name, items),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> Item {
        Item::Value(key.into(), Node::Text(value.into()))
    }

    #[test]
    fn metadata_has_the_names_of_the_dotenv_form() {
        let recipient = Node::Map(vec![text("recipient", "age1x"), text("enc", "x")]);
        let group = Node::Map(vec![Item::Value("age".into(), Node::List(vec![text("", "y")]))]);
        let metadata = Node::Map(vec![
            Item::Value(
                "age".into(),
                Node::List(vec![Item::Comment("c".into()), Item::Value(String::new(), recipient)]),
            ),
            Item::Value("kms".into(), Node::List(Vec::new())),
            Item::Value("pgp".into(), Node::Null),
            Item::Value("key_groups".into(), Node::List(vec![Item::Value(String::new(), group)])),
            Item::Value("mac_only_encrypted".into(), Node::Boolean(true)),
        ]);
        let tree = Tree::of(vec![Node::Map(vec![text("A", "1"), Item::Value("sops".into(), metadata)])]).unwrap();
        let found: Vec<_> = tree.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(
            found,
            [
                ("age__list_0__map_recipient", "age1x"),
                ("age__list_0__map_enc", "x"),
                ("key_groups__list_0__map_age__list_0", "y"),
                ("mac_only_encrypted", "true"),
            ]
        );
        assert_eq!(tree.documents.iter().map(Vec::len).collect::<Vec<_>>(), [1]);
        assert!(Tree::of(vec![Node::Map(vec![text("A", "1")])]).is_none());
        assert!(Tree::of(vec![Node::List(Vec::new())]).is_none());
        assert!(Tree::of(Vec::new()).is_none());
    }
}
