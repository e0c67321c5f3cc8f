//! JSON merge patches (RFC 7396): the change from one document to another, and a document with a change applied.
//!
//! In a merge patch null means "remove", so documents here hold no null as a member of an object; absent says the same
//! for every optional field. Knows nothing of what the documents say.

use serde_json::{Map, Value};

/// The document without members that are null, at every depth. Elements of arrays stay.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, member)| !member.is_null());
            kept.map(|(name, member)| (name, without_nulls(member))).collect()
        }
        Value::Array(elements) => elements.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// What turns `from` into `to`; none when they are the same. Both hold no null members.
pub fn change(from: &Value, to: &Value) -> Option<Value> {
    if from == to {
        return None;
    }
    let (Value::Object(before), Value::Object(after)) = (from, to) else {
        return Some(to.clone());
    };
    let mut patch = Map::new();
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, member) in after {
        let changed = match before.get(name) {
            Some(earlier) => change(earlier, member),
            None => Some(member.clone()),
        };
        if let Some(changed) = changed {
            patch.insert(name.clone(), changed);
        }
    }
    Some(Value::Object(patch))
}

/// Applies a change, as RFC 7396 section 2 says.
pub fn apply(target: &mut Value, patch: Value) {
    let Value::Object(members) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(into) = target else { return };
    for (name, member) in members {
        if member.is_null() {
            into.remove(&name);
        } else {
            apply(into.entry(name).or_insert(Value::Null), member);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn any_document() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u32>().prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_change_applied_gives_the_other_document(from in any_document(), to in any_document()) {
            let (from, to) = (without_nulls(json!({"it": from})), without_nulls(json!({"it": to})));
            let mut target = from.clone();
            match change(&from, &to) {
                None => prop_assert_eq!(&from, &to),
                Some(patch) => apply(&mut target, patch),
            }
            prop_assert_eq!(target, to);
        }
    }

    #[test]
    fn it_says_what_the_rfc_says() {
        let mut target = json!({"a": "b", "c": {"d": "e", "f": "g"}});
        apply(&mut target, json!({"a": "z", "c": {"f": null}}));
        assert_eq!(target, json!({"a": "z", "c": {"d": "e"}}));
    }
}
