//! What the lesson's panel says.

use super::{Class, News};
use crate::app::actions::{Action, Context, LessonKey};
use crate::app::keymap::Keymap;
use crate::app::measure::{cut_end, width};
use crate::app::prose::{Line, Tone, wrap};
use crate::app::screen::Screen;
use crate::lesson::guess::Side;
use crate::lesson::{Block, Guess, Piece, Text};

/// The key for something in a lesson.
pub(in crate::app) fn key(keymap: &Keymap, of: LessonKey) -> String {
    let found = keymap.hint(Context::Screen(Screen::Home), Action::Lesson(of));
    found.map_or_else(String::new, |(_, key)| key.to_string())
}

/// The panel's title, and what stands at its right: the step, and which of the text's lines are shown in `rows`. Both have
/// room in `columns`; what is at the right goes first, and of the title the step's own.
pub fn title(class: &Class, rows: usize, columns: usize) -> (String, String) {
    let step = format!("step {} of {}", class.at + 1, class.lesson.steps.len());
    let lines = class.lines.len();
    let (first, last) = (class.offset + 1, (class.offset + rows).min(lines));
    let asides = if lines > rows {
        vec![
            format!("{step} · lines {first}–{last} of {lines}"),
            format!("{step} · {first}–{last} of {lines}"),
        ]
    } else {
        vec![step]
    };
    let own = class.step().map_or("", |step| &step.title);
    let titles = [format!("{} · {own}", class.lesson.title), own.to_owned()];
    let fits = |title: &String, aside: &String| width(title) + width(aside) <= columns;
    for title in &titles {
        if let Some(aside) = asides.iter().find(|aside| fits(title, aside)) {
            return (title.clone(), aside.clone());
        }
    }
    let aside = asides.into_iter().next_back().unwrap_or_default();
    let room = columns.saturating_sub(width(&aside));
    (cut_end(own, room).into_owned(), aside)
}

/// What keys do, for the last line of the panel, of whose text `rows` are shown: the most important first.
pub fn footer(class: &Class, rows: usize, keymap: &Keymap) -> Vec<(String, &'static str)> {
    let mut keys = Vec::new();
    if class.offset + rows < class.lines.len() {
        keys.push((LessonKey::Down, "read on"));
    }
    if class.asks().is_some() {
        keys.push((LessonKey::Predict, "predict"));
    }
    if class.at < class.reached || class.may_go_on() && !class.finished {
        let last = class.at + 1 == class.lesson.steps.len();
        keys.push((LessonKey::Next, if last { "finish" } else { "next" }));
    }
    let hints = class.useful_hints().len();
    if class.at == class.reached && class.hints.get(&class.at).copied().unwrap_or(0) < hints {
        keys.push((LessonKey::Hint, "hint"));
    }
    if class.at > 0 {
        keys.push((LessonKey::Previous, "back"));
    }
    keys.push((LessonKey::Panel, "size"));
    keys.push((LessonKey::Restart, "start over"));
    keys.into_iter()
        .map(|(of, text)| (key(keymap, of), text))
        .collect()
}

/// How the goals stand: one line each, at the foot of the panel.
fn goals(class: &Class, keymap: &Keymap) -> Vec<Line> {
    let Some(step) = class.step() else {
        return Vec::new();
    };
    if class.finished {
        let again = match &class.next {
            Some(next) => format!("This lesson is done. Next: berth learn {next}"),
            None => "This lesson is done".to_owned(),
        };
        return vec![Line::hanging(2).good("✓ ").plain(again)];
    }
    let before = class.at < class.reached;
    let mut lines: Vec<Line> = step
        .goals
        .iter()
        .enumerate()
        .map(|(at, goal)| {
            let met = class.met.get(at).filter(|_| !before);
            let text = goal.to_string();
            if before || class.done || met.is_some_and(|met| met.holds) {
                return Line::hanging(2).good("✓ ").plain(text);
            }
            let line = Line::hanging(2).accent("○ ").plain(text);
            match met {
                Some(met) if !met.says.is_empty() => line.dim(format!("  ({})", met.says)),
                _ => line,
            }
        })
        .collect();
    if let Some(failed) = &class.failed {
        lines.insert(0, Line::hanging(2).bad("✗ ").plain(failed));
    } else if class.asks().is_some() {
        let key = key(keymap, LessonKey::Predict);
        let line = Line::hanging(2).accent("? ").plain("Predict: press ").accent(key);
        lines.insert(0, line);
    } else if !before && class.may_go_on() {
        let key = key(keymap, LessonKey::Next);
        let line = if step.goals.is_empty() && step.ask.is_none() {
            Line::hanging(2).dim("· ").plain("Nothing is checked here: ")
        } else {
            Line::hanging(2).good("✓ ").plain("Done: ")
        };
        let is_last = class.at + 1 == class.lesson.steps.len();
        let does = if is_last { " ends the lesson" } else { " goes on" };
        lines.push(line.accent(key).plain(does));
    }
    lines
}

impl Class {
    /// Works out the lines of the step that is shown, of at most `columns`, in `rows` rows with those of the goals.
    pub(in crate::app) fn wrap(&mut self, columns: usize, rows: usize, keymap: &Keymap) {
        self.foot = wrap(goals(self, keymap), columns);
        let mut lines = Vec::new();
        let begins = self.read(keymap).map(|part| {
            if !part.is_empty() {
                gap(&mut lines);
            }
            let begin = lines.len();
            lines.extend(wrap(part, columns));
            begin
        });
        let [_, told, hint] = begins;
        let offset = match self.news.take() {
            None => self.offset,
            Some(News::Told) => told,
            Some(News::Hint) => hint,
        };
        self.lines = lines;
        self.offset = offset.min(self.lines.len().saturating_sub(self.text_rows(rows)));
    }

    /// What is told, what became of the prediction and the hints before the last, the last hint.
    fn read(&self, keymap: &Keymap) -> [Vec<Line>; 3] {
        let Some(step) = self.step() else {
            return Default::default();
        };
        let takes = self.lesson.takes().filter(|_| self.at == 0);
        let mut text: Vec<Line> = takes.into_iter().map(|takes| Line::new().dim(takes)).collect();
        self.blocks(&step.text, keymap, &mut text);
        if let Some(ask) = &step.ask {
            gap(&mut text);
            text.push(self.line(&ask.text, Line::hanging(2).accent("? "), Tone::Strong));
        }
        let mut told = Vec::new();
        if let Some(guess) = self.guesses.get(&self.at) {
            told.extend(became(guess));
        }
        if self.asks().is_none() {
            self.blocks(&step.reveal, keymap, &mut told);
        }
        let mut hints: Vec<Vec<Line>> = Vec::new();
        let shown = self.hints.get(&self.at).copied().unwrap_or(0);
        let all = self.useful_hints();
        for (at, hint) in all.iter().take(shown).enumerate() {
            let mut lines = vec![Line::new().strong(format!("Hint {} of {}", at + 1, all.len()))];
            self.blocks_close(hint, keymap, &mut lines);
            hints.push(lines);
        }
        let last = hints.pop().unwrap_or_default();
        for hint in hints {
            gap(&mut told);
            told.extend(hint);
        }
        [text, told, last]
    }

    fn blocks(&self, blocks: &[Block], keymap: &Keymap, lines: &mut Vec<Line>) {
        for block in blocks {
            if !matches!(block, Block::Item(_)) {
                gap(lines);
            }
            self.block(block, keymap, lines);
        }
    }

    /// Without a blank line before the first.
    fn blocks_close(&self, blocks: &[Block], keymap: &Keymap, lines: &mut Vec<Line>) {
        if let Some((first, rest)) = blocks.split_first() {
            self.block(first, keymap, lines);
            self.blocks(rest, keymap, lines);
        }
    }

    fn block(&self, block: &Block, keymap: &Keymap, lines: &mut Vec<Line>) {
        match block {
            Block::Paragraph(text) => lines.push(self.line(text, Line::new(), Tone::Plain)),
            Block::Item(text) => lines.push(self.line(text, Line::hanging(2).dim("· "), Tone::Plain)),
            Block::Code(all) => {
                lines.extend(
                    all.iter()
                        .map(|text| self.line(text, Line::hanging(4).plain("  "), Tone::Dim)),
                );
            }
            Block::Commands(all) => {
                if !self.shell.kubeconfig.is_empty() {
                    let copy = keymap.hint(Context::Screen(Screen::Home), Action::CopyMenu);
                    let copy = copy.map_or_else(String::new, |(_, key)| format!(" ({key} copies)"));
                    lines.push(Line::new().dim(format!("In another terminal{copy}:")));
                    let exports = self.shell.exports(all.iter());
                    lines.push(Line::hanging(4).dim("  ").dim(exports));
                }
                let command = |text| self.line(text, Line::hanging(4).plain("  "), Tone::Accent);
                lines.extend(all.iter().map(command));
            }
        }
    }

    fn line(&self, text: &Text, line: Line, tone: Tone) -> Line {
        text.0.iter().fold(line, |line, piece| match piece {
            Piece::Plain(words) => line.with(tone, words),
            Piece::Strong(words) => line.strong(words),
            Piece::Code(words) => line.accent(words),
            Piece::Answer(question) => {
                let answer = self.answer(question);
                line.strong(answer.map_or_else(|| "…".to_owned(), ToString::to_string))
            }
        })
    }

    /// The commands of the step that is shown, as a shell takes them; empty where there are none.
    pub fn commands(&self) -> String {
        let shown = self.hints.get(&self.at).copied().unwrap_or(0);
        let hints = self.useful_hints().iter().take(shown).flatten();
        let blocks = self.step().into_iter().flat_map(|step| &step.text).chain(hints);
        let texts = blocks.filter_map(|block| match block {
            Block::Commands(texts) => Some(texts),
            _ => None,
        });
        let texts: Vec<&Text> = texts.flatten().collect();
        if texts.is_empty() {
            return String::new();
        }
        let answer = |question: &_| {
            self.answer(question)
                .map_or_else(String::new, ToString::to_string)
        };
        let lines: Vec<String> = texts.iter().map(|text| text.plain(&answer)).collect();
        let exports = self.shell.exports(texts.into_iter());
        format!("{exports}\n{}\n", lines.join("\n"))
    }
}

/// What became of a prediction.
fn became(guess: &Guess) -> Vec<Line> {
    let head = if guess.right {
        Line::hanging(2)
            .good("✓ ")
            .strong("As you said: ")
            .plain(&guess.truth)
    } else {
        let line = Line::hanging(2).warn("✗ ").strong("It differs. ");
        line.plain(format!("You said {}; it is {}", guess.typed, guess.truth))
    };
    let each = guess.told.iter().map(|(side, text)| {
        let line = Line::hanging(4);
        match side {
            Side::Right => line.good("  ✓ ").dim(text),
            Side::Wrong => line.bad("  ✗ ").plain("not so: ").plain(text),
            Side::Missed => line.warn("  ▲ ").plain("missed: ").plain(text),
            Side::Off => line.bad("  ✗ ").plain(text),
            Side::Why => line.dim("  · ").dim(text),
        }
    });
    std::iter::once(head).chain(each).collect()
}

fn gap(lines: &mut Vec<Line>) {
    if !lines.is_empty() {
        lines.push(Line::new());
    }
}
