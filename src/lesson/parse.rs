//! The file: Markdown with a few kinds of fences that mean something.

use super::deed;
use super::error::{LessonError, wrong};
use super::goal::Goal;
use super::text::{Block, Text};
use super::{Ask, Lesson, Step, front};
use crate::scheduling::config::near;
use crate::scheduling::question::Question;

/// The fences that mean something, and those that only show text.
const FENCES: [&str; 11] = [
    "setup", "goal", "done", "hint", "ask", "reveal", "commands", "yaml", "json", "text", "console",
];

/// Reads the lesson called `name`.
pub(super) fn lesson(name: &str, text: &str) -> Result<Lesson, LessonError> {
    let lines: Vec<&str> = text.lines().collect();
    let (mut lesson, first) = front::read(name, &lines)?;
    let mut intro = Vec::new();
    let mut prose = Prose::default();
    let mut at = first;
    while let Some(line) = lines.get(at) {
        let number = at + 1;
        at += 1;
        if let Some(title) = line.strip_prefix("## ") {
            place(&mut lesson, &mut intro).extend(prose.take()?);
            lesson.steps.push(Step {
                title: title.trim().to_owned(),
                ..Step::default()
            });
        } else if let Some(word) = line.strip_prefix("```") {
            place(&mut lesson, &mut intro).extend(prose.take()?);
            let inside = lines.get(at..).unwrap_or_default();
            let Some(length) = inside.iter().position(|line| line.trim_end() == "```") else {
                return Err(wrong(
                    number,
                    format!("the block `{word}` has no end"),
                    "close it with a line of three backquotes",
                ));
            };
            let inside = inside.get(..length).unwrap_or_default();
            at += length + 1;
            fence(&mut lesson, &mut intro, word.trim(), inside, number)?;
        } else if line.starts_with('#') {
            return Err(wrong(
                number,
                "a heading of another height than a step's",
                "a step begins with `## `; the lesson's title is in the front matter",
            ));
        } else {
            prose.line(line, number)?;
        }
    }
    place(&mut lesson, &mut intro).extend(prose.take()?);
    let Some(step) = lesson.steps.first_mut() else {
        return Err(wrong(
            lines.len().max(1),
            "there is no step",
            "a step begins with `## ` and its title",
        ));
    };
    step.text.splice(0..0, intro);
    Ok(lesson)
}

/// Text that is being collected: what is complete, and the paragraph that grows, with the line in which it began.
#[derive(Default)]
struct Prose {
    blocks: Vec<Block>,
    text: String,
    began: usize,
    is_item: bool,
}

impl Prose {
    fn line(&mut self, line: &str, number: usize) -> Result<(), LessonError> {
        let item = line.strip_prefix("- ");
        if line.trim().is_empty() || item.is_some() {
            self.end()?;
        }
        let text = item.unwrap_or(line).trim();
        if text.is_empty() {
            return Ok(());
        }
        if self.text.is_empty() {
            (self.began, self.is_item) = (number, item.is_some());
        } else {
            self.text.push(' ');
        }
        self.text.push_str(text);
        Ok(())
    }

    fn command(&mut self, line: &str, number: usize) -> Result<(), LessonError> {
        self.end()?;
        let text = Text::verbatim(line, number)?;
        match self.blocks.last_mut() {
            Some(Block::Commands(lines)) => lines.push(text),
            _ => self.blocks.push(Block::Commands(vec![text])),
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), LessonError> {
        let text = std::mem::take(&mut self.text);
        if !text.is_empty() {
            let text = Text::parse(&text, self.began)?;
            self.blocks.push(if self.is_item {
                Block::Item(text)
            } else {
                Block::Paragraph(text)
            });
        }
        Ok(())
    }

    fn take(&mut self) -> Result<Vec<Block>, LessonError> {
        self.end()?;
        Ok(std::mem::take(&mut self.blocks))
    }
}

/// Where text goes: to the step, or before the first one.
fn place<'a>(lesson: &'a mut Lesson, intro: &'a mut Vec<Block>) -> &'a mut Vec<Block> {
    match lesson.steps.last_mut() {
        Some(step) => &mut step.text,
        None => intro,
    }
}

fn fence(
    lesson: &mut Lesson,
    intro: &mut Vec<Block>,
    word: &str,
    inside: &[&str],
    number: usize,
) -> Result<(), LessonError> {
    if matches!(word, "commands" | "yaml" | "json" | "text" | "console") {
        let lines = verbatim(inside, number)?;
        place(lesson, intro).push(match word {
            "commands" => Block::Commands(lines),
            _ => Block::Code(lines),
        });
        return Ok(());
    }
    if !FENCES.contains(&word) {
        let hint = match near(word, FENCES.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", FENCES.join(", ")),
        };
        return Err(wrong(number, format!("there is no block `{word}`"), hint));
    }
    let Some(step) = lesson.steps.last_mut() else {
        let hint = "a step begins with `## ` and its title";
        return Err(wrong(
            number,
            format!("the block `{word}` stands before the first step"),
            hint,
        ));
    };
    match word {
        "goal" => {
            for (at, line) in inside
                .iter()
                .enumerate()
                .filter(|(_, line)| !line.trim().is_empty())
            {
                let goal = Goal::parse(line.trim());
                step.goals
                    .push(goal.map_err(|(message, hint)| wrong(number + 1 + at, message, hint))?);
            }
        }
        "setup" => step.setup.extend(deed::parse(inside, number + 1)?),
        "done" => step.done.extend(deed::parse(inside, number + 1)?),
        "hint" => step.hints.push(blocks(inside, number)?),
        "reveal" => step.reveal.extend(blocks(inside, number)?),
        _ => step.ask = Some(ask(inside, number)?),
    }
    Ok(())
}

fn verbatim(inside: &[&str], number: usize) -> Result<Vec<Text>, LessonError> {
    let lines = inside.iter().enumerate();
    lines
        .map(|(at, line)| Text::verbatim(line, number + 1 + at))
        .collect()
}

/// Text in a fence: paragraphs, items, and lines indented by four blanks as commands.
fn blocks(inside: &[&str], number: usize) -> Result<Vec<Block>, LessonError> {
    let mut prose = Prose::default();
    for (at, line) in inside.iter().enumerate() {
        match line.strip_prefix("    ") {
            Some(command) => prose.command(command, number + 1 + at)?,
            None => prose.line(line, number + 1 + at)?,
        }
    }
    prose.take()
}

fn ask(inside: &[&str], number: usize) -> Result<Ask, LessonError> {
    let form = "its first line is a question such as `winner pod web`, the others put it in words";
    let Some((first, words)) = inside.split_first() else {
        return Err(wrong(number, "the block `ask` is empty", form));
    };
    let question = Question::parse(first).map_err(|bad| wrong(number + 1, bad.message, bad.hint))?;
    let words = words.join(" ");
    if words.trim().is_empty() {
        return Err(wrong(number, "the question is not put in words", form));
    }
    Ok(Ask {
        text: Text::parse(words.trim(), number + 2)?,
        question,
    })
}
