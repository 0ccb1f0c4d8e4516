//! Files that are wrong: the line, what is wrong, what to try.

use berth::lesson::Lesson;

const HEAD: &str = "---\ntitle: T\nlearn: L\nscenario: first-pods\n---\n";

fn wrong(text: &str) -> (usize, String, String) {
    let error = Lesson::parse("mine", "mine.md", text).expect_err("it is wrong");
    assert_eq!(error.file, "mine.md");
    (error.line, error.message, error.hint)
}

#[test]
fn each_is_told_with_its_line() {
    let of = |body: &str| format!("{HEAD}{body}");
    let cases = [
        (
            "## A\n".to_owned(),
            1,
            "the front matter is missing",
            "a lesson begins with `---`",
        ),
        (
            "---\ntitle: x\n".to_owned(),
            1,
            "the front matter has no end",
            "a lesson begins with `---`",
        ),
        (
            "---\ntitel: x\n---\n## A\n".to_owned(),
            2,
            "`titel` is not known",
            "did you mean `title`?",
        ),
        (
            "---\ntitle: x\nscenario: y\n---\n## A\n".to_owned(),
            1,
            "`learn` is missing",
            "a lesson begins",
        ),
        (of("text\n"), 6, "there is no step", "a step begins with `## `"),
        (
            of("# A\n"),
            6,
            "a heading of another height",
            "a step begins with `## `",
        ),
        (
            of("## A\n\n```gaol\npod a exists\n```\n"),
            8,
            "there is no block `gaol`",
            "did you mean `goal`?",
        ),
        (
            of("## A\n```goal\npod a exists\n"),
            7,
            "the block `goal` has no end",
            "close it",
        ),
        (
            of("```goal\npod a exists\n```\n"),
            6,
            "stands before the first step",
            "a step begins",
        ),
        (
            of("## A\n```goal\npod a exists\nnode b sleeps\n```\n"),
            9,
            "`sleeps` is nothing that can be checked",
            "`exists`",
        ),
        (
            of("## A\n```goal\npodd a exists\n```\n"),
            8,
            "there is no kind `podd`",
            "did you mean `pod`?",
        ),
        (
            of("## A\n```goal\npod a .status..phase = Running\n```\n"),
            8,
            "`.status..phase` is no field",
            "write `.status.phase`",
        ),
        (
            of("## A\n```goal\npod a .status.phase ~ Running\n```\n"),
            8,
            "`~` compares nothing",
            "there are `=`",
        ),
        (
            of("## A\n```goal\nevent Scheduled about pod a by b\n```\n"),
            8,
            "`by` is not expected there",
            "from COMPONENT",
        ),
        (
            of("## A\nSee {{winer pod a}}.\n"),
            7,
            "nothing is asked with `winer`",
            "did you mean `winner`?",
        ),
        (
            of("## A\nOne\ntwo {{score pod a}}.\n"),
            7,
            "`score` needs a node",
            "write `score pod [NS/]POD node NODE [plugin PLUGIN]`",
        ),
        (
            of("## A\n{{raw pod a node b plugin NodeAfinity}}\n"),
            7,
            "there is no plugin `NodeAfinity`",
            "did you mean `NodeAffinity`?",
        ),
        (
            of("## A\n{{winner pod a\n"),
            7,
            "`{{` is not closed",
            "write `{{winner pod NAME}}`",
        ),
        (
            of("## A\n```ask\nwinner pod a\n```\n"),
            7,
            "the question is not put in words",
            "its first line is a question",
        ),
        (
            of("## A\n```ask\nwinner\nWhich?\n```\n"),
            8,
            "`winner` needs a pod",
            "write `winner pod [NS/]POD`",
        ),
        (
            of("## A\n```setup\napiVersion: v1\nkind: Podd\nmetadata: {name: a}\n```\n"),
            8,
            "`v1 Podd` cannot be made here",
            "there are v1 Pod",
        ),
        (
            of("## A\n```setup\napiVersion: v1\nkind: Pod\n---\nbind: a on b\n```\n"),
            8,
            "the manifest has no metadata.name",
            "give it one",
        ),
        (
            of("## A\n```done\ndelete: pod a\n---\nbind: a on b\n```\n"),
            10,
            "`a on b` binds nothing",
            "write `bind: [NS/]POD to NODE",
        ),
        (
            of("## A\n```done\ndelete: pod a\n---\nbined: a\n```\n"),
            10,
            "",
            "write a manifest",
        ),
    ];
    for (text, line, message, hint) in cases {
        let (at, said, tried) = wrong(&text);
        assert!(said.contains(message), "{text}\n{said}");
        assert!(tried.contains(hint), "{text}\n{tried}");
        assert_eq!(at, line, "{text}\n{said}");
    }
}
