//! Many objects that differ in a few words, made from the text of one.
//!
//! A stencil is a frozen object in which certain words are holes. It is filled step by step: what a thousand objects
//! share is filled in once, and shared by them in memory where it is a label or a field.

use std::sync::Arc;

use super::{Claims, Key, Labels, Object};
use crate::demo::kinds::Table;

/// What is to stand for a word.
pub(crate) type Filling<'a> = (&'static str, &'a str);

/// The prototype of many objects.
#[derive(Debug, Clone)]
pub(crate) struct Stencil {
    table: Table,
    namespace: Text,
    name: Text,
    uid: Text,
    labels: Vec<(Text, Text)>,
    /// The labels, where they have no holes any more.
    same_labels: Option<Labels>,
    fields: Vec<Text>,
    controller: Text,
    claims: Claims,
    /// The text before the version, and the one after it.
    body: (Text, Text),
    item_at: usize,
}

/// A text with holes.
#[derive(Debug, Clone)]
struct Text(Vec<Piece>);

#[derive(Debug, Clone)]
enum Piece {
    Plain(Arc<str>),
    Hole(&'static str),
}

impl Stencil {
    /// A stencil of an object; each of the words is a hole wherever it stands, but not in kind and apiVersion. No word may be
    /// part of another. Nothing where the object has an owner beside its controller, which none of the makers needs.
    pub(crate) fn of(object: &Object, words: &[&'static str]) -> Option<Self> {
        if !object.other_owners.is_empty() {
            return None;
        }
        let text = |text: &str| Text::of(text, words);
        let part = |from: usize, to: usize| std::str::from_utf8(object.body.get(from..to)?).ok();
        let before = part(0, object.version_at.start)?;
        let after = part(object.version_at.end, object.body.len())?;
        let stencil = Self {
            table: object.table,
            namespace: text(&object.key.namespace),
            name: text(&object.key.name),
            uid: text(&object.uid),
            labels: object.labels.iter().map(|(k, v)| (text(k), text(v))).collect(),
            same_labels: None,
            fields: object.fields.iter().map(|field| text(field)).collect(),
            controller: text(&object.controller),
            claims: object.claims,
            body: (text(before), text(after)),
            item_at: object.item_at,
        };
        Some(stencil.fill(&[]))
    }

    /// Where its objects go.
    pub(crate) fn table(&self) -> Table {
        self.table
    }

    /// The same with some words filled in. These must be what JSON takes without escapes.
    pub(crate) fn fill(&self, words: &[Filling<'_>]) -> Self {
        let labels: Vec<(Text, Text)> = self
            .labels
            .iter()
            .map(|(k, v)| (k.fill(words), v.fill(words)))
            .collect();
        let plain = labels.iter().map(|(k, v)| Some((k.plain()?, v.plain()?)));
        Self {
            table: self.table,
            namespace: self.namespace.fill(words),
            name: self.name.fill(words),
            uid: self.uid.fill(words),
            same_labels: plain.collect(),
            labels,
            fields: self.fields.iter().map(|field| field.fill(words)).collect(),
            controller: self.controller.fill(words),
            claims: self.claims,
            body: (self.body.0.fill(words), self.body.1.fill(words)),
            item_at: self.item_at,
        }
    }

    /// An object under that version; words that are not filled in stand in it as they are.
    pub(crate) fn stamp(&self, words: &[Filling<'_>], revision: u64) -> Object {
        let digits = revision.to_string();
        let (before, after) = &self.body;
        let length = before.length(words) + digits.len() + after.length(words);
        let mut body = String::with_capacity(length);
        before.write(words, &mut body);
        let version_at = body.len()..body.len() + digits.len();
        body.push_str(&digits);
        after.write(words, &mut body);
        let labels = || {
            let labels = self.labels.iter();
            labels.map(|(k, v)| (k.done(words), v.done(words))).collect()
        };
        Object {
            table: self.table,
            key: Key {
                namespace: self.namespace.done(words),
                name: self.name.done(words),
            },
            uid: (&*self.uid.done(words)).into(),
            revision,
            labels: self.same_labels.clone().unwrap_or_else(labels),
            fields: self.fields.iter().map(|field| field.done(words)).collect(),
            deleting: false,
            controller: self.controller.done(words),
            other_owners: Box::default(),
            claims: self.claims,
            body: body.into_bytes().into(),
            item_at: self.item_at,
            version_at,
        }
    }
}

impl Text {
    fn of(text: &str, words: &[&'static str]) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        let first = |rest: &str| {
            let found = words.iter().filter_map(|word| Some((rest.find(word)?, *word)));
            found.min_by_key(|(at, _)| *at)
        };
        while let Some((at, word)) = first(rest) {
            let (plain, from) = rest.split_at(at);
            pieces.push(Piece::Plain(plain.into()));
            pieces.push(Piece::Hole(word));
            rest = from.strip_prefix(word).unwrap_or_default();
        }
        pieces.push(Piece::Plain(rest.into()));
        Self(pieces)
    }

    fn fill(&self, words: &[Filling<'_>]) -> Self {
        // What is complete is shared as it is.
        if let [Piece::Plain(_)] = &*self.0 {
            return self.clone();
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Plain(text) => plain.push_str(text),
                Piece::Hole(word) => {
                    if let Some(text) = filling(words, word) {
                        plain.push_str(text);
                    } else {
                        pieces.push(Piece::Plain(std::mem::take(&mut plain).into()));
                        pieces.push(Piece::Hole(word));
                    }
                }
            }
        }
        pieces.push(Piece::Plain(if plain.is_empty() {
            Arc::default()
        } else {
            plain.into()
        }));
        Self(pieces)
    }

    /// The whole text, where it has no holes.
    fn plain(&self) -> Option<Arc<str>> {
        match &*self.0 {
            [Piece::Plain(text)] => Some(Arc::clone(text)),
            _ => None,
        }
    }

    fn parts<'a>(&'a self, words: &'a [Filling<'_>]) -> impl Iterator<Item = &'a str> {
        self.0.iter().map(|piece| match piece {
            Piece::Plain(text) => &**text,
            Piece::Hole(word) => filling(words, word).unwrap_or(word),
        })
    }

    fn length(&self, words: &[Filling<'_>]) -> usize {
        self.parts(words).map(str::len).sum()
    }

    fn write(&self, words: &[Filling<'_>], out: &mut String) {
        self.parts(words).for_each(|part| out.push_str(part));
    }

    fn done(&self, words: &[Filling<'_>]) -> Arc<str> {
        self.plain().unwrap_or_else(|| {
            let mut out = String::with_capacity(self.length(words));
            self.write(words, &mut out);
            out.into()
        })
    }
}

fn filling<'a>(words: &[Filling<'a>], word: &str) -> Option<&'a str> {
    let found = words.iter().find(|(known, _)| *known == word);
    found.map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::demo::kinds::POD;

    #[test]
    fn a_stamped_object_is_what_freezing_it_gives() {
        let pod = |team: &str, name: &str, zone: &str| {
            json!({
                "metadata": {
                    "namespace": team, "name": format!("web-{name}"), "uid": format!("u-{name}"), "labels": {"team": team, "zone": zone},
                    "ownerReferences": [{"uid": "owner", "controller": true}],
                },
                "spec": {"nodeName": zone, "volumes": [{"persistentVolumeClaim": {}}]},
            })
        };
        let words = ["the-team", "the-name", "the-zone"];
        let prototype = Object::freeze(&POD, pod(words[0], words[1], words[2]), 1);
        let stencil = Stencil::of(&prototype, &words).expect("a stencil");
        let of_zone = stencil.fill(&[("the-zone", "z")]).fill(&[("the-team", "shop")]);
        let stamped = of_zone.stamp(&[("the-name", "a")], 1234);
        let frozen = Object::freeze(&POD, pod("shop", "a", "z"), 1234);
        assert_eq!(stamped.body(), frozen.body());
        assert_eq!(format!("{stamped:?}"), format!("{frozen:?}"));
        assert_eq!(stamped.reissued(7).body(), frozen.reissued(7).body());
        let other = of_zone.stamp(&[("the-name", "b")], 1235);
        assert!(Arc::ptr_eq(&stamped.labels, &other.labels));
    }
}
