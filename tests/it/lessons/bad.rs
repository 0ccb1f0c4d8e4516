//! Files that are wrong: the line, what is wrong, what to try.

use berth::lesson::Lesson;

const HEAD: &str = "---\ntitle: T\nlearn: L\nscenario: first-pods\n---\n";

fn wrong(text: &str) -> (usize, String, String) {
    let error = Lesson::parse("mine", "mine.md", text).expect_err("it is wrong");
    assert_eq!(error.file, "mine.md");
    (error.line, error.message, error.hint)
}

/// What stands before, the text, its line, what is wrong, what to try.
type Case = (&'static str, &'static str, usize, &'static str, &'static str);

const CASES: &[Case] = &[
    (
        "",
        "## A\n",
        1,
        "the front matter is missing",
        "a lesson begins with `---`",
    ),
    (
        "",
        "---\ntitle: x\n",
        1,
        "the front matter has no end",
        "a lesson begins with `---`",
    ),
    (
        "",
        "---\ntitel: x\n---\n## A\n",
        2,
        "`titel` is not known",
        "did you mean `title`?",
    ),
    (
        "",
        "---\ntitle: x\nminutes: soon\n---\n## A\n",
        3,
        "`soon` is no number of minutes",
        "write a whole number",
    ),
    (
        "",
        "---\ntitle: x\nscenario: y\n---\n## A\n",
        1,
        "`learn` is missing",
        "a lesson begins",
    ),
    (HEAD, "text\n", 6, "there is no step", "a step begins with `## `"),
    (
        HEAD,
        "# A\n",
        6,
        "a heading of another height",
        "a step begins with `## `",
    ),
    (
        HEAD,
        "## A\n\n```gaol\npod a exists\n```\n",
        8,
        "there is no block `gaol`",
        "did you mean `goal`?",
    ),
    (
        HEAD,
        "## A\n```goal\npod a exists\n",
        7,
        "the block `goal` has no end",
        "close it",
    ),
    (
        HEAD,
        "```goal\npod a exists\n```\n",
        6,
        "stands before the first step",
        "a step begins",
    ),
    (
        HEAD,
        "## A\n```goal\npod a exists\nnode b sleeps\n```\n",
        9,
        "`sleeps` is nothing that can be checked",
        "`exists`",
    ),
    (
        HEAD,
        "## A\n```goal\npodd a exists\n```\n",
        8,
        "there is no kind `podd`",
        "did you mean `pod`?",
    ),
    (
        HEAD,
        "## A\n```goal\npod a .status..phase = Running\n```\n",
        8,
        "`.status..phase` is no field",
        "write `.status.phase`",
    ),
    (
        HEAD,
        "## A\n```goal\npod a .status.phase ~ Running\n```\n",
        8,
        "`~` compares nothing",
        "there are `=`",
    ),
    (
        HEAD,
        "## A\n```goal\nevent Scheduled about pod a by b\n```\n",
        8,
        "`by` is not expected there",
        "from COMPONENT",
    ),
    (
        HEAD,
        "## A\nSee {{winer pod a}}.\n",
        7,
        "nothing is asked with `winer`",
        "did you mean `winner`?",
    ),
    (
        HEAD,
        "## A\nOne\ntwo {{score pod a}}.\n",
        7,
        "`score` needs a node",
        "write `score pod [NS/]POD node NODE [plugin PLUGIN]`",
    ),
    (
        HEAD,
        "## A\n{{raw pod a node b plugin NodeAfinity}}\n",
        7,
        "there is no plugin `NodeAfinity`",
        "did you mean `NodeAffinity`?",
    ),
    (
        HEAD,
        "## A\n{{winner pod a\n",
        7,
        "`{{` is not closed",
        "write `{{winner pod NAME}}`",
    ),
    (
        HEAD,
        "## A\n```ask\nwinner pod a\n```\n",
        7,
        "the question is not put in words",
        "its first line is a question",
    ),
    (
        HEAD,
        "## A\n```ask\nwinner\nWhich?\n```\n",
        8,
        "`winner` needs a pod",
        "write `winner pod [NS/]POD`",
    ),
    (
        HEAD,
        "## A\n```setup\napiVersion: v1\nkind: Podd\nmetadata: {name: a}\n```\n",
        8,
        "`v1 Podd` cannot be made here",
        "there are v1 Pod",
    ),
    (
        HEAD,
        "## A\n```setup\napiVersion: v1\nkind: Pod\n---\nbind: a on b\n```\n",
        8,
        "the manifest has no metadata.name",
        "give it one",
    ),
    (
        HEAD,
        "## A\n```done\ndelete: pod a\n---\nbind: a on b\n```\n",
        10,
        "`a on b` binds nothing",
        "write `bind: [NS/]POD to NODE",
    ),
    (
        HEAD,
        "## A\n```setup\nkind: Pod\nspec: {containers: [\n```\n",
        9,
        "unclosed bracket",
        "write a manifest",
    ),
    (
        HEAD,
        "## A\n```done\ndelete: pod a\n---\nbined: a\n```\n",
        10,
        "",
        "write a manifest",
    ),
];

#[test]
fn each_is_told_with_its_line() {
    for &(head, body, line, message, hint) in CASES {
        let text = format!("{head}{body}");
        let (at, said, tried) = wrong(&text);
        assert!(said.contains(message), "{text}\n{said}");
        assert!(tried.contains(hint), "{text}\n{tried}");
        assert_eq!(at, line, "{text}\n{said}");
        assert!(!said.contains("column"), "{said}");
    }
}
