//! A lesson as a handout, in Markdown: the steps, room for predictions, and the solutions at the end.

use std::fmt::Write as _;

use super::text::{Block, Piece, Text};
use super::{Lesson, Step};
use crate::scheduling::question::{Answer, Question};

/// What the scheduling code answers, asked at the beginning of a step.
pub type Answers = Vec<(Question, Answer)>;

/// The handout of `lesson`, which `berth learn` opens as `called`. `answers` has those of each step.
pub fn markdown(lesson: &Lesson, called: &str, answers: &[Answers]) -> String {
    let takes = lesson
        .takes()
        .map_or_else(String::new, |takes| format!(" {takes}"));
    let mut out = format!(
        "# {}\n\n*{}*\n\nRun it with `berth learn {called}`.{takes}\n",
        lesson.title, lesson.learn
    );
    let none = Answers::new();
    let steps = || {
        let steps = lesson.steps.iter().enumerate();
        steps.map(|(at, step)| (at, step, answers.get(at).unwrap_or(&none)))
    };
    for (at, step, answers) in steps() {
        let _ = write!(out, "\n## {}. {}\n", at + 1, step.title);
        blocks(&mut out, &step.text, answers);
        if let Some(ask) = &step.ask {
            let _ = write!(
                out,
                "\n**Predict:** {}\n\nAnswer: ____________________\n",
                text(&ask.text, answers)
            );
        }
        if !step.goals.is_empty() {
            out.push_str("\nDone when:\n\n");
            for goal in &step.goals {
                let _ = writeln!(out, "- [ ] `{goal}`");
            }
        }
    }
    out.push_str("\n## For the teacher\n");
    for (at, step, answers) in steps() {
        teacher(&mut out, at, step, answers);
    }
    out
}

fn teacher(out: &mut String, at: usize, step: &Step, answers: &Answers) {
    if step.ask.is_none() && step.hints.is_empty() && step.reveal.is_empty() {
        return;
    }
    let _ = write!(out, "\n### {}. {}\n", at + 1, step.title);
    if let Some(ask) = &step.ask {
        let _ = write!(out, "\nAnswer: **{}**\n", said(&ask.question, answers));
    }
    blocks(out, &step.reveal, answers);
    for (at, hint) in step.hints.iter().enumerate() {
        let _ = write!(out, "\n*Hint {} of {}*\n", at + 1, step.hints.len());
        blocks(out, hint, answers);
    }
}

fn blocks(out: &mut String, blocks: &[Block], answers: &Answers) {
    let mut item = false;
    for block in blocks {
        let begins = !(item && matches!(block, Block::Item(_)));
        if begins {
            out.push('\n');
        }
        item = matches!(block, Block::Item(_));
        match block {
            Block::Paragraph(words) => {
                let _ = writeln!(out, "{}", text(words, answers));
            }
            Block::Item(words) => {
                let _ = writeln!(out, "- {}", text(words, answers));
            }
            Block::Code(lines) | Block::Commands(lines) => {
                let fence = if matches!(block, Block::Commands(_)) {
                    "sh"
                } else {
                    "text"
                };
                let _ = writeln!(out, "```{fence}");
                for line in lines {
                    let _ = writeln!(out, "{}", line.plain(&|question| said(question, answers)));
                }
                out.push_str("```\n");
            }
        }
    }
}

fn text(text: &Text, answers: &Answers) -> String {
    let pieces = text.0.iter().map(|piece| match piece {
        Piece::Plain(words) => words.clone(),
        Piece::Strong(words) => format!("**{words}**"),
        Piece::Code(words) => format!("`{words}`"),
        Piece::Answer(question) => said(question, answers),
    });
    pieces.collect()
}

fn said(question: &Question, answers: &Answers) -> String {
    let found = answers.iter().find(|(of, _)| of == question);
    found.map_or_else(|| "…".to_owned(), |(_, answer)| answer.to_string())
}
