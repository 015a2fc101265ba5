//! A timeline as one complete SVG file: no script, and no font or picture from another file.
//!
//! All panels share one scale. Everybody can distinguish the colours (after Okabe and Ito). In black and white, their
//! lightness and their patterns differ. A client that waits for the server is darkest. A thread that works is dark, and
//! a thread that waits is light. A state's words are on a bar if they fit there; the legend has the other states.
//!
//! Read first: `drawing.rs`, `bars.rs`. It does not know what was recorded how.

use std::fmt::{self, Write};
use std::time::Duration;

use super::bars::{gathered, stretches, Bar, Stretch, GATHERING};
use super::drawing::{
    axis_length, axis_unit, drawn_lanes, exact, fitted, is_wide, ticks, wrapped, Times, SIDES, STATES,
};
use super::zoom::Zoom;
use super::{Label, LabelKind, Lane, LongestWait, Panel, Picture, State};
use crate::programs::human::human_time;
use crate::wire::printable;

/// What makes a file of XML an SVG.
const NAMESPACE: &str = "http://www.w3.org/2000/svg";

/// In a narrower window the picture becomes smaller instead of losing its end.
const FITTING: &str = "style=\"max-width:100%;height:auto\"";

/// The page, in pixels: the width of a common screen, and of a document's column when made a little smaller.
const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 24.0;

/// Where time zero is: left of it stand the lanes' names.
const PLOT_LEFT: f64 = 164.0;
const PLOT_WIDTH: f64 = WIDTH - PLOT_LEFT - MARGIN;

/// Height of a lane's bar.
const BAR: f64 = 17.0;

/// Height of the brackets and names above the bar.
const NAMES: f64 = 17.0;

/// From a lane to the next one.
const LANE_GAP: f64 = 7.0;

/// Height of the line that names a side.
const HEADING: f64 = 21.0;

/// Between a lane and the one above it, where an arrow leads from this to that.
const ARROW: f64 = 26.0;

/// Height of the axis' numbers.
const NUMBERS: f64 = 22.0;

/// Steps of the time axis: with more, the numbers would be too close.
const MAX_STEPS: u32 = 10;

/// A span narrower than so many pixels is drawn together with neighbours that are also narrow.
const GRAIN: f64 = 1.0;

/// A bracket narrower than this could not be recognised.
const NARROWEST_BRACKET: f64 = 4.0;

/// A name is shortened to what fits, but not below this many letters.
const SHORTEST_NAME: usize = 12;

/// Most letters of a name in a hover title.
const LONGEST_NAME: usize = 80;

const INK: &str = "#222222";
const FAINT: &str = "#5f5f5f";
const HAIR: &str = "#dcdcdc";

/// Draws the picture.
///
/// Whatever was recorded, the file stays small: of each side a panel shows a bounded number of lanes, and of each lane
/// a few bars per pixel at most.
pub fn svg(picture: &Picture) -> String {
    let length = axis_length(&picture.panels);
    let closer = picture.zoom.iter().map(Sheet::of_zoom);
    let sheets: Vec<Sheet> = closer.chain(picture.panels.iter().map(|panel| Sheet::new(panel, length))).collect();
    let mut page = Page { body: String::new(), y: MARGIN, length };
    page.sentence(MARGIN, Style { size: 21.0, bold: true, colour: INK }, &picture.title);
    page.longest_waits(&picture.longest_waits);
    page.legend(&sheets);
    for sheet in &sheets {
        page.panel(sheet);
    }
    page.reading_aid();
    page.into_file(&picture.title)
}

/// A panel as it is drawn.
struct Sheet<'a> {
    panel: &'a Panel,
    /// The time that the plot's width stands for.
    length: Duration,
    /// The lanes of each side of [`SIDES`].
    sides: Vec<Vec<DrawnLane<'a>>>,
    /// What is left out, in sentences.
    left_out: Vec<String>,
    /// When the first lane's thread releases the lock for which the second one's waits.
    released: Option<Duration>,
}

struct DrawnLane<'a> {
    lane: &'a Lane,
    bars: Vec<Bar>,
    /// Where the words of a state stand on the bars.
    words: Vec<Stretch>,
}

impl<'a> Sheet<'a> {
    fn new(panel: &'a Panel, length: Duration) -> Sheet<'a> {
        Sheet::with_release(panel, length, None)
    }

    /// On a scale of its own.
    fn of_zoom(zoom: &'a Zoom) -> Sheet<'a> {
        let length = axis_length(std::slice::from_ref(&zoom.panel));
        Sheet::with_release(&zoom.panel, length, Some(zoom.released))
    }

    fn with_release(panel: &'a Panel, length: Duration, released: Option<Duration>) -> Sheet<'a> {
        let drawn = |lane: &'a Lane| DrawnLane { lane, bars: gathered(&lane.spans, grain(length)), words: Vec::new() };
        let (mut sides, mut left_out) = (Vec::new(), Vec::new());
        for (side, _) in SIDES {
            let (lanes, more) = drawn_lanes(panel, side);
            sides.push(lanes.into_iter().map(drawn).collect());
            left_out.extend(more);
        }
        let mut sheet = Sheet { panel, length, sides, left_out, released };
        STATES.into_iter().for_each(|state| sheet.place_words(state));
        sheet
    }

    /// The words of a state are written once, where it is seen for the longest time, if they fit there. If there is an
    /// arrow, one of its two lanes is preferred.
    fn place_words(&mut self, state: State) {
        let (length, grain, has_arrow) = (self.length, grain(self.length), self.released.is_some());
        let has_room = |stretch: &Stretch| {
            let room = PLOT_WIDTH * (stretch.to - stretch.from).as_secs_f64() / length.as_secs_f64();
            WORDS.width_of(state.words()) + 2.0 * WORDS_INDENT <= room
        };
        let lanes = self.sides.iter_mut().flatten().enumerate();
        let places = lanes.flat_map(|(place, drawn)| {
            let stretches = stretches(&drawn.bars, grain).into_iter().filter(|it| it.state == state && has_room(it));
            let longest = stretches.max_by_key(|stretch| stretch.to - stretch.from);
            longest.map(|stretch| (has_arrow && place < 2, stretch, &mut drawn.words))
        });
        let best = places.max_by_key(|(is_at_arrow, stretch, _)| (*is_at_arrow, stretch.to - stretch.from));
        if let Some((_, stretch, words)) = best {
            words.push(stretch);
        }
    }

    /// The states of one side that can be told by their pattern, which takes as many pixels as a gathering has.
    fn told(&self, side: usize) -> impl Iterator<Item = State> + '_ {
        let least = grain(self.length) * GATHERING;
        let bars = self.sides[side].iter().flat_map(|drawn| &drawn.bars);
        bars.filter(move |bar| bar.to - bar.from >= least).map(Bar::state)
    }

    /// The states whose words stand on a bar.
    fn named(&self) -> impl Iterator<Item = State> + '_ {
        self.sides.iter().flatten().flat_map(|drawn| drawn.words.iter().map(|stretch| stretch.state))
    }
}

/// The time that a [`GRAIN`] stands for, where the plot's width stands for this one.
fn grain(length: Duration) -> Duration {
    length.mul_f64(GRAIN / PLOT_WIDTH)
}

/// A drawing that grows downwards.
struct Page {
    body: String,
    /// The upper edge of what comes next.
    y: f64,
    /// The time that the plot's width stands for.
    length: Duration,
}

/// How a text is set.
#[derive(Clone, Copy)]
struct Style {
    size: f64,
    bold: bool,
    colour: &'static str,
}

const SMALL: Style = Style { size: 13.0, bold: false, colour: INK };
const NOTE: Style = Style { size: 13.0, bold: false, colour: FAINT };
const TICK: Style = Style { size: 12.0, bold: false, colour: FAINT };
/// The words on the bars.
const WORDS: Style = Style { size: 12.0, bold: true, colour: INK };
const WORDS_INDENT: f64 = 6.0;

impl Style {
    /// The width of a text in a wide font, because the viewer's font is not known.
    fn width_of(self, text: &str) -> f64 {
        let letters: f64 = text.chars().map(width_of_letter).sum();
        letters * self.size * if self.bold { 1.1 } else { 1.0 }
    }
}

/// As a part of the font's size.
fn width_of_letter(letter: char) -> f64 {
    match letter {
        ' ' | 'f' | 'i' | 'j' | 'l' | 'r' | 't' | '.' | ',' | ':' | ';' | '-' | '(' | ')' => 0.38,
        'm' | 'w' | 'A'..='Z' => 0.8,
        letter if is_wide(letter) => 1.05,
        _ => 0.62,
    }
}

impl Page {
    fn add(&mut self, element: fmt::Arguments) {
        // To write to a string never fails.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    fn x(&self, time: Duration) -> f64 {
        PLOT_LEFT + PLOT_WIDTH * time.as_secs_f64() / self.length.as_secs_f64()
    }

    fn text(&mut self, x: f64, baseline: f64, style: Style, anchor: &str, text: &str) {
        let Style { size, bold, colour } = style;
        let weight = if bold { " font-weight=\"bold\"" } else { "" };
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\" font-size=\"{size}\"{weight} fill=\"{colour}\" \
             text-anchor=\"{anchor}\">{}</text>",
            escaped(text)
        ));
    }

    /// One or more lines of text.
    fn sentence(&mut self, x: f64, style: Style, text: &str) {
        for line in wrapped(text, |line| style.width_of(line) <= WIDTH - MARGIN - x) {
            // Whole pixels keep the lines below sharp.
            self.y = (self.y + style.size * 1.4).round();
            self.text(x, self.y - style.size * 0.35, style, "start", &line);
        }
    }

    /// A bar for each run.
    fn longest_waits(&mut self, waits: &[LongestWait]) {
        const VALUE: Style = Style { size: 14.0, bold: true, colour: INK };
        if waits.is_empty() {
            return;
        }
        self.y += 10.0;
        self.sentence(MARGIN, SMALL, "The longest time that a client waited for the server:");
        self.y += 6.0;
        for LongestWait { of, lasted } in waits {
            let (from, value) = (self.x(Duration::ZERO), human_time(*lasted));
            let width = (self.x(*lasted) - from).max(GRAIN);
            let name = fitted(of, |name| SMALL.width_of(name) <= PLOT_LEFT - 12.0 - MARGIN);
            self.text(PLOT_LEFT - 12.0, self.y + 14.0, SMALL, "end", &name);
            self.rectangle(State::AwaitingServer, from, self.y, width, BAR, &format!("{of}: {value}"));
            if from + width + 8.0 + VALUE.width_of(&value) <= WIDTH - MARGIN {
                self.text(from + width + 8.0, self.y + 14.0, VALUE, "start", &value);
            } else {
                let colour = look(State::AwaitingServer).text;
                self.text(from + width - 8.0, self.y + 14.0, Style { colour, ..VALUE }, "end", &value);
            }
            self.y += BAR + LANE_GAP;
        }
    }

    /// The states that can be seen and have no words beside them. (Point at a line one pixel wide to see its state.)
    fn legend(&mut self, sheets: &[Sheet]) {
        const SWATCH: f64 = 34.0;
        self.y += 12.0;
        for (place, (_, name)) in SIDES.into_iter().enumerate() {
            let is_unnamed = |state: &State| {
                let is_named = sheets.iter().any(|sheet| sheet.named().any(|named| named == *state));
                !is_named && sheets.iter().any(|sheet| sheet.told(place).any(|told| told == *state))
            };
            let states: Vec<_> = STATES.into_iter().filter(is_unnamed).collect();
            if states.is_empty() {
                continue;
            }
            self.text(MARGIN, self.y + 13.0, NOTE, "start", name);
            let mut x = PLOT_LEFT;
            for state in states {
                let width = SWATCH + 8.0 + SMALL.width_of(state.words()) + 12.0;
                if x + width > WIDTH - MARGIN {
                    x = PLOT_LEFT;
                    self.y += 24.0;
                }
                self.rectangle(state, x, self.y, SWATCH, 17.0, state.words());
                self.text(x + SWATCH + 8.0, self.y + 13.0, SMALL, "start", state.words());
                x += width;
            }
            self.y += 28.0;
        }
    }

    fn panel(&mut self, sheet: &Sheet) {
        let Sheet { panel, length, sides, left_out, released } = sheet;
        self.length = *length;
        self.y += 18.0;
        self.stroke(&format!("M{MARGIN} {:.1}H{:.1}", self.y, WIDTH - MARGIN), INK);
        self.y += 6.0;
        self.sentence(MARGIN, Style { size: 17.0, bold: true, colour: INK }, &panel.title);
        let (before, top) = (self.body.len(), self.y + HEADING);
        let mut edges = Vec::new();
        for ((_, name), lanes) in SIDES.into_iter().zip(sides) {
            if !lanes.is_empty() {
                self.y += HEADING;
                self.text(MARGIN, self.y - 7.0, NOTE, "start", name);
            }
            for lane in lanes {
                if released.is_some() && edges.len() == 1 {
                    self.y += ARROW;
                }
                edges.push(self.lane(lane));
            }
        }
        if let (Some(released), [holder, waiter, ..]) = (released, &edges[..]) {
            self.release(*released, holder + BAR, *waiter);
        }
        let without_bracket = self.without_bracket(sides);
        let grid = self.axis(top);
        // The grid must be drawn behind the lanes, but their height is known only now.
        self.body.insert_str(before, &grid);
        for note in panel.notes.iter().chain(left_out).chain(&without_bracket) {
            self.sentence(PLOT_LEFT, NOTE, note);
        }
    }

    /// An arrow from the bar of the thread that releases the lock down to the bar of the thread that waits for it.
    fn release(&mut self, at: Duration, from: f64, to: f64) {
        let (x, barb) = (self.x(at), to - 7.0);
        let (left, right) = (x - 4.0, x + 4.0);
        self.stroke(&format!("M{x:.1} {from:.1}V{to:.1}M{left:.1} {barb:.1}L{x:.1} {to:.1}L{right:.1} {barb:.1}"), INK);
        self.text(x + 9.0, from + 20.0, SMALL, "start", "the lock is released here");
    }

    /// Writes the axis' numbers, and returns the lines that lead up from them.
    fn axis(&mut self, top: f64) -> String {
        let bottom = self.y;
        let (unit, _) = axis_unit(self.length);
        let mut grid = String::new();
        self.text(PLOT_LEFT - 12.0, bottom + 14.0, TICK, "end", &format!("time in {unit}"));
        for (time, number) in ticks(self.length, MAX_STEPS) {
            let x = self.x(time);
            let _ = writeln!(grid, "<path d=\"M{x:.1} {top:.1}V{bottom:.1}\" stroke=\"{HAIR}\"/>");
            self.text(x, bottom + 14.0, TICK, "middle", &number);
        }
        self.y += NUMBERS;
        grid
    }

    /// Returns the upper edge of its bars.
    fn lane(&mut self, drawn: &DrawnLane) -> f64 {
        let DrawnLane { lane, bars, words } = drawn;
        let before = self.body.len();
        self.names(&lane.labels);
        if self.body.len() > before {
            self.y += NAMES;
        }
        let name = fitted(&lane.name, |name| SMALL.width_of(name) <= PLOT_LEFT - 12.0 - MARGIN);
        self.text(PLOT_LEFT - 12.0, self.y + 13.0, SMALL, "end", &name);
        let (sessions, commands) = lane.labels.iter().partition::<Vec<_>, _>(|label| label.kind == LabelKind::Session);
        // Narrow bars last: they are drawn a pixel wide, over the edges of their neighbours.
        let (narrow, wide): (Vec<_>, Vec<_>) = bars.iter().partition(|bar| bar.narrow);
        for bar in wide.into_iter().chain(narrow) {
            let label = label_at(&commands, bar.from).or_else(|| label_at(&sessions, bar.from));
            self.bar(bar, &name, label);
        }
        for stretch in words {
            self.words(stretch);
        }
        self.y += BAR + LANE_GAP;
        self.y - BAR - LANE_GAP
    }

    /// A state's words on its bars, on a ground of the bars' own colour.
    fn words(&mut self, stretch: &Stretch) {
        let Look { ground, text: colour, .. } = look(stretch.state);
        let (x, y, words) = (self.x(stretch.from) + WORDS_INDENT, self.y + 13.0, stretch.state.words());
        let halo = format!("stroke=\"{ground}\" stroke-width=\"7\" stroke-linejoin=\"round\"");
        let size = WORDS.size;
        self.add(format_args!(
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" font-weight=\"bold\" {halo}>{words}</text>"
        ));
        self.text(x, y, Style { colour, ..WORDS }, "start", words);
    }

    fn bar(&mut self, bar: &Bar, lane: &str, label: Option<&Label>) {
        let state = bar.state();
        let (from, to) = (self.x(bar.from), self.x(bar.to));
        let width = (to - from).max(GRAIN);
        let mut title = match bar.spans {
            1 => format!("{lane}: {}\n", state.words()),
            spans => format!("{lane}: {spans} times too short to be drawn, mostly {}\n", state.words()),
        };
        if let Some(label) = label {
            title.push_str(&fitted(named(label), |text| text.chars().count() <= LONGEST_NAME));
            title.push('\n');
        }
        title.push_str(&format!("from {} to {}: ", exact(bar.from), exact(bar.to)));
        title.push_str(&match bar.spans {
            1 => exact(bar.to.saturating_sub(bar.from)),
            _ => told(&bar.times),
        });
        self.rectangle(state, (from + to - width) / 2.0, self.y, width, BAR, &title);
    }

    fn rectangle(&mut self, state: State, x: f64, y: f64, width: f64, height: f64, title: &str) {
        self.add(format_args!(
            "<rect x=\"{x:.2}\" y=\"{y:.1}\" width=\"{width:.2}\" height=\"{height}\" fill=\"url(#{})\">\
             <title>{}</title></rect>",
            pattern_name(state),
            escaped(title)
        ));
    }

    /// A bracket over each session, which names it; and where a command begins its name, if it fits into its time.
    fn names(&mut self, labels: &[Label]) {
        let mut sessions = labels.iter().filter(|label| label.kind == LabelKind::Session).skip(1);
        let mut free_from = 0.0;
        for label in labels {
            let (from, to) = (self.x(label.from), self.x(label.to));
            if label.kind == LabelKind::Session {
                let next = sessions.next().map_or(WIDTH - MARGIN, |next| self.x(next.from));
                free_from = self.bracket(named(label), from, to, next);
            } else if let Some(name) = fitted_into(&label.text, to - from.max(free_from) - 10.0) {
                if from >= free_from {
                    self.stroke(&format!("M{from:.1} {:.1}v7", self.y + 8.0), FAINT);
                }
                free_from = self.name(from.max(free_from) + 5.0, &name);
            }
        }
    }

    /// Returns where its name ends. The name is within the bracket, or after it if it fits before the next bracket.
    fn bracket(&mut self, name: &str, from: f64, to: f64, next: f64) -> f64 {
        if to - from < NARROWEST_BRACKET {
            return from;
        }
        let (line, foot) = (self.y + 8.0, self.y + NAMES - 2.0);
        self.stroke(&format!("M{from:.1} {foot:.1}V{line:.1}H{to:.1}V{foot:.1}"), FAINT);
        let whole = printable(name);
        if TICK.width_of(&whole) <= to - from - 16.0 {
            return self.name(from + 8.0, &whole);
        }
        match fitted_into(name, next - to - 10.0) {
            Some(name) => self.name(to + 5.0, &name),
            None => from,
        }
    }

    /// The name on a white ground, which covers the line behind it. Returns where it ends.
    fn name(&mut self, x: f64, name: &str) -> f64 {
        let halo = "stroke=\"#ffffff\" stroke-width=\"7\" stroke-linejoin=\"round\"";
        let (y, size, text) = (self.y + 12.0, TICK.size, escaped(name));
        self.add(format_args!("<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{size}\" {halo}>{text}</text>"));
        self.text(x, y, TICK, "start", name);
        x + TICK.width_of(name)
    }

    fn without_bracket(&self, sides: &[Vec<DrawnLane>]) -> Option<String> {
        let labels = sides.iter().flatten().flat_map(|drawn| &drawn.lane.labels);
        let sessions = labels.filter(|label| label.kind == LabelKind::Session);
        let short = sessions.filter(|label| self.x(label.to) - self.x(label.from) < NARROWEST_BRACKET).count();
        (short > 0).then(|| format!("Sessions too short for a bracket and a name: {short}."))
    }

    fn stroke(&mut self, path: &str, colour: &str) {
        self.add(format_args!("<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\"/>"));
    }

    fn reading_aid(&mut self) {
        let pixel = exact(Duration::from_micros(grain(self.length).as_micros() as u64));
        let aid = format!(
            "In a browser, point at a bar for its exact times. Neighbouring states that are shorter than a pixel \
             ({pixel} here) are drawn together, up to {GATHERING} pixels, as the state that took most of that time."
        );
        self.y += 12.0;
        self.sentence(MARGIN, NOTE, &aid);
    }

    fn into_file(self, title: &str) -> String {
        let (height, title) = ((self.y + MARGIN).ceil(), escaped(&printable(title)));
        let patterns: String = STATES.into_iter().map(pattern).collect();
        format!(
            "<svg xmlns=\"{NAMESPACE}\" width=\"{WIDTH}\" height=\"{height}\" {FITTING} \
             viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" role=\"img\">\n\
             <title>{title}</title>\n<defs>\n{patterns}</defs>\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// A session's number without its client's address, or a command.
fn named(label: &Label) -> &str {
    match label.kind {
        LabelKind::Session => label.text.split(',').next().unwrap_or_default(),
        LabelKind::Command => &label.text,
    }
}

/// The label in whose time this moment lies.
fn label_at<'a>(labels: &[&'a Label], moment: Duration) -> Option<&'a Label> {
    let begun = labels.partition_point(|label| label.from <= moment);
    let last = labels.get(begun.checked_sub(1)?)?;
    (moment < last.to).then_some(last)
}

/// The times that are not zero, in words.
fn told(times: &Times) -> String {
    let states = STATES.into_iter().filter(|state| !times[*state as usize].is_zero());
    let told: Vec<_> = states.map(|state| format!("{} {}", state.words(), exact(times[state as usize]))).collect();
    told.join(", ")
}

/// The name of a session or command, shortened to so many pixels; none if almost nothing of it would be left.
fn fitted_into(text: &str, room: f64) -> Option<String> {
    if room <= 0.0 {
        return None;
    }
    let text = fitted(text, |text| TICK.width_of(text) <= room);
    let is_whole = !text.ends_with('…') || text.chars().count() > SHORTEST_NAME;
    (is_whole && TICK.width_of(&text) <= room).then_some(text)
}

/// Escaped for the text between tags, and for an attribute.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn pattern_name(state: State) -> &'static str {
    match state {
        State::Accepting => "accepting",
        State::AwaitingTurn => "awaiting-turn",
        State::AwaitingCommand => "awaiting-command",
        State::AwaitingLock => "awaiting-lock",
        State::HoldingLock => "holding-lock",
        State::Working => "working",
        State::BlockedInSend => "blocked-in-send",
        State::Closing => "closing",
        State::AwaitingServer => "awaiting-server",
        State::Receiving => "receiving",
        State::Pausing => "pausing",
    }
}

/// How a state is drawn: a tile of six by six pixels, and the words upon it.
struct Look {
    ground: &'static str,
    lines: &'static str,
    colour: &'static str,
    width: f64,
    text: &'static str,
}

fn look(state: State) -> Look {
    const FALLING: &str = "M-1 -1L7 7M-1 5L1 7M5 -1L7 1";
    const RISING: &str = "M-1 7L7 -1M-1 1L1 -1M5 7L7 5";
    const LIGHT: &str = "#ffffff";
    let (ground, lines, colour, width, text) = match state {
        State::Accepting => ("#f3f3f3", "M2 3.5h1.4", "#8c8c8c", 1.4, INK),
        State::AwaitingTurn => ("#f3f3f3", "M3.5 0V6", "#b9b9b9", 1.0, INK),
        State::AwaitingCommand => ("#dcedf8", "M0 3.5H6", "#a9cde6", 1.0, INK),
        State::AwaitingLock => ("#f0e442", "M1.5 0V6M4.5 0V6", "#5c5400", 1.4, INK),
        State::HoldingLock => ("#000000", "", "#000000", 0.0, LIGHT),
        State::Working => ("#0072b2", "", "#0072b2", 0.0, LIGHT),
        State::BlockedInSend => ("#fbe0cd", RISING, "#dd9465", 1.2, INK),
        State::Closing => ("#f3dfea", "M0 3.5H6M3.5 0V6", "#b0528a", 0.9, INK),
        State::AwaitingServer => ("#7a1212", FALLING, "#9c3030", 0.9, LIGHT),
        State::Receiving => ("#009e73", "M0 3.5H6", "#ffffff", 1.0, LIGHT),
        State::Pausing => ("#ffffff", "M1 3.5H4", "#777777", 1.0, INK),
    };
    Look { ground, lines, colour, width, text }
}

fn pattern(state: State) -> String {
    let (name, Look { ground, lines, colour, width, .. }) = (pattern_name(state), look(state));
    format!(
        "<pattern id=\"{name}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
         <rect width=\"6\" height=\"6\" fill=\"{ground}\"/>\
         <path d=\"{lines}\" stroke=\"{colour}\" stroke-width=\"{width}\"/></pattern>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::{Side, Span};
    use super::*;

    fn span(state: State, from: u64, to: u64) -> Span {
        Span { state, from: Duration::from_micros(from), to: Duration::from_micros(to) }
    }

    fn label(kind: LabelKind, from: u64, to: u64, text: &str) -> Label {
        let (from, to) = (Duration::from_micros(from), Duration::from_micros(to));
        Label { kind, from, to, text: text.to_string() }
    }

    fn lane(name: &str, side: Side, spans: Vec<Span>, labels: Vec<Label>) -> Lane {
        Lane { name: name.to_string(), side, spans, labels }
    }

    fn picture(panels: Vec<Vec<Lane>>) -> Picture {
        let panel = |lanes| {
            let (title, notes) = ("a run".to_string(), vec!["a note".to_string()]);
            Panel { title, notes, lanes, ..Panel::default() }
        };
        let panels = panels.into_iter().map(panel).collect();
        Picture { title: "A title.".to_string(), panels, ..Picture::default() }
    }

    /// States in turn, each for so many microseconds.
    fn in_turn(states: &[State], count: u64, lasts: u64) -> Vec<Span> {
        let states = states.iter().copied().cycle();
        (0..count).zip(states).map(|(place, state)| span(state, place * lasts, (place + 1) * lasts)).collect()
    }

    /// Fails unless each tag is closed by its own, and returns the text between the tags.
    fn text_between_tags(file: &str) -> Vec<String> {
        let (mut open, mut texts) = (Vec::new(), Vec::new());
        for part in file.split('<').skip(1) {
            let (tag, text) = part.split_once('>').expect("a tag ends");
            let name = tag.split([' ', '/']).find(|name| !name.is_empty()).unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "in {tag:?}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag:?}");
            assert!(!text.contains(['>', '"']), "{text:?}");
            let unknown = text
                .split('&')
                .skip(1)
                .find(|rest| !["amp;", "lt;", "gt;", "quot;"].iter().any(|entity| rest.starts_with(entity)));
            assert_eq!(unknown, None, "an entity in {text:?}");
            texts.push(text.to_string());
        }
        assert_eq!(open, Vec::<&str>::new());
        texts
    }

    /// The value of an attribute, wherever it stands.
    fn numbers(file: &str, tag: &str, attribute: &str) -> Vec<f64> {
        let lines = file.lines().filter(|line| line.starts_with(tag));
        let values = lines.filter_map(|line| line.split_once(&format!(" {attribute}=\"")));
        values.map(|(_, rest)| rest.split('"').next().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn no_name_is_markup_and_nothing_comes_from_elsewhere() {
        let nasty = "</title><script href=\"http://x\">&\u{1b}[2J\u{202e}\u{fffe}\n]]>'--";
        let labels =
            vec![label(LabelKind::Session, 0, 900_000, nasty), label(LabelKind::Command, 100_000, 900_000, nasty)];
        let mut picture =
            picture(vec![vec![lane(nasty, Side::Server, vec![span(State::Working, 0, 900_000)], labels)]]);
        picture.title = nasty.to_string();
        picture.panels[0].title = nasty.to_string();
        picture.panels[0].notes.push(nasty.to_string());
        let file = svg(&picture);
        let texts = text_between_tags(&file).join("");
        assert!(texts.contains("&lt;script href=&quot;http:"), "{texts}");
        assert!(!file.contains("<script"), "{file}");
        assert_eq!(file.matches("href").count(), texts.matches("href").count(), "a link in {file}");
        assert_eq!(file.matches("http").count(), texts.matches("http").count() + 1, "an address in {file}");
        let unseen =
            |character: char| character != '\n' && (character.is_control() || "\u{202e}\u{fffe}".contains(character));
        assert!(!file.contains(unseen), "{file:?}");
    }

    #[test]
    fn the_same_time_has_the_same_width_in_every_panel() {
        let short = vec![lane("a", Side::Server, vec![span(State::Working, 5_000, 25_000)], Vec::new())];
        let long = vec![lane("b", Side::Client, vec![span(State::Receiving, 400_000, 420_000)], Vec::new())];
        let last = vec![lane("c", Side::Client, vec![span(State::Pausing, 0, 900_000)], Vec::new())];
        let file = svg(&picture(vec![short, long, last]));
        let is_bar = |line: &&str| ["a: ", "b: ", "c: "].iter().any(|lane| line.contains(&format!("<title>{lane}")));
        let bars = file.lines().filter(is_bar).collect::<Vec<_>>().join("\n");
        let widths = numbers(&bars, "<rect", "width");
        assert_eq!(widths.len(), 3, "{bars}");
        assert_eq!(widths[0], widths[1]);
        assert!((widths[0] * 45.0 - widths[2]).abs() < 1.0, "{widths:?}");
    }

    #[test]
    fn a_bar_of_many_shows_what_took_most_of_the_time_and_says_so() {
        let spans = [(State::Working, 0, 2), (State::AwaitingLock, 2, 3), (State::HoldingLock, 3, 4)];
        let mut spans: Vec<_> = spans.into_iter().map(|(state, from, to)| span(state, from, to)).collect();
        spans.push(span(State::Closing, 4, 1_000_000));
        let file = svg(&picture(vec![vec![lane("session-1", Side::Server, spans, Vec::new())]]));
        let texts = text_between_tags(&file).join("\n");
        let title =
            "session-1: 3 times too short to be drawn, mostly reading the file and sending\nfrom 0 µs to 4 µs: \
                     waiting for the lock 1 µs, holding the lock 1 µs, reading the file and sending 2 µs";
        assert!(texts.contains(title), "{texts}");
    }

    #[test]
    fn the_file_stays_small_whatever_was_recorded() {
        let states = [State::Working, State::HoldingLock, State::AwaitingCommand];
        let labels = (0..200_000).map(|at| label(LabelKind::Session, at * 5, at * 5 + 5, "session")).collect();
        let busy = lane("main", Side::Server, in_turn(&states, 200_000, 5), labels);
        let file = svg(&picture(vec![vec![busy]]));
        text_between_tags(&file);
        assert!(file.len() < 1_000_000, "{} bytes", file.len());
        assert!(file.contains("Sessions too short for a bracket and a name: 200000."));

        let many = |side| (0..3_000).map(move |_| lane("one", side, in_turn(&states, 10, 100), Vec::new()));
        let file = svg(&picture(vec![many(Side::Server).chain(many(Side::Client)).collect()]));
        assert!(file.len() < 500_000, "{} bytes", file.len());
        for left_out in ["2976 threads of the server are left out", "2976 clients are left out"] {
            assert!(file.contains(left_out), "{left_out}");
        }
    }

    #[test]
    fn names_stand_within_their_time_and_not_on_each_other() {
        let text = "DOWNLOAD lecture.mp4";
        let mut labels = vec![label(LabelKind::Session, 0, 1_000_000, "session 1")];
        let begins = [0, 400_000, 550_000, 750_000, 1_000_000];
        labels.extend(begins.windows(2).map(|two| label(LabelKind::Command, two[0], two[1], text)));
        labels.push(label(LabelKind::Session, 1_000_000, 1_010_000, "session 2"));
        labels.push(label(LabelKind::Session, 1_010_000, 1_500_000, "session 3"));
        let last = vec![span(State::Closing, 0, 1_500_000)];
        let file = svg(&picture(vec![vec![lane("main", Side::Server, last, labels)]]));
        let is_name = |line: &&str| line.contains("stroke-linejoin") && !line.contains("bold");
        let halos = file.lines().filter(is_name).collect::<Vec<_>>().join("\n");
        let starts = numbers(&halos, "<text", "x");
        let texts = text_between_tags(&halos);
        let names: Vec<_> = texts.iter().filter(|text| !text.trim().is_empty()).collect();
        assert_eq!(names.len(), starts.len());
        // Almost nothing of the second command's name would be left, and after the second session there is no space.
        assert_eq!(names, ["session 1", text, "DOWNLOAD lectur…", text, "session 3"]);
        for place in 1..names.len() {
            let end = starts[place - 1] + TICK.width_of(names[place - 1]);
            assert!(end <= starts[place], "{} reaches into {}", names[place - 1], names[place]);
        }
    }

    /// What is written in the legend: beside a swatch, which is narrower than a bar with words.
    fn legend(file: &str) -> Vec<String> {
        let lines: Vec<_> = file.lines().collect();
        let swatches = lines.windows(2).filter(|two| two[0].contains(" width=\"34.00\""));
        swatches.map(|two| text_between_tags(two[1])[0].clone()).collect()
    }

    /// What is written on the bars.
    fn words(file: &str) -> Vec<String> {
        let lines = file.lines().filter(|line| line.contains("stroke-linejoin") && line.contains("bold"));
        lines.map(|line| text_between_tags(line)[0].clone()).collect()
    }

    #[test]
    fn every_state_has_its_own_pattern_and_its_words_on_a_bar_or_in_the_legend() {
        let looks = |state| pattern(state).replace(pattern_name(state), "");
        for (place, state) in STATES.into_iter().enumerate() {
            for other in &STATES[..place] {
                assert_ne!(looks(state), looks(*other));
                assert_ne!(pattern_name(state), pattern_name(*other));
            }
        }
        let all = lane("all", Side::Server, in_turn(&STATES, STATES.len() as u64, 1000), Vec::new());
        let file = svg(&picture(vec![vec![all]]));
        for state in STATES {
            let (on_a_bar, in_the_legend) = (&words(&file), &legend(&file));
            let times = on_a_bar.iter().chain(in_the_legend).filter(|words| *words == state.words()).count();
            assert_eq!(times, 1, "{state:?}: on the bars {on_a_bar:?}, in the legend {in_the_legend:?}");
        }
        let none = svg(&picture(vec![Vec::new()]));
        assert!(!none.contains(State::Pausing.words()));
        text_between_tags(&none);
    }

    #[test]
    fn the_legend_has_what_is_drawn_without_words_and_nothing_that_is_not_drawn() {
        let spans = vec![
            // Much less than a pixel, and never the longest state of a bar.
            span(State::HoldingLock, 0, 1),
            span(State::Working, 1, 10_000),
            span(State::BlockedInSend, 10_000, 500_000),
        ];
        let file = svg(&picture(vec![vec![lane("session-1", Side::Server, spans, Vec::new())]]));
        assert_eq!(legend(&file), ["reading the file and sending"]);
        assert_eq!(words(&file), ["blocked in send"]);
    }

    #[test]
    fn words_stand_where_a_state_is_seen_for_the_longest_time() {
        let server = |name: &str, to| lane(name, Side::Server, vec![span(State::BlockedInSend, 0, to)], Vec::new());
        let file = svg(&picture(vec![vec![server("a", 500_000), server("b", 900_000), server("c", 700_000)]]));
        let text = file.lines().find(|line| line.contains("stroke-linejoin")).unwrap();
        let bar = file.lines().find(|line| line.contains("<title>b: ")).unwrap();
        assert_eq!(numbers(text, "<text", "y")[0], numbers(bar, "<rect", "y")[0] + 13.0);
        assert_eq!(words(&file).len(), 1);
    }

    #[test]
    fn the_longest_waits_stand_on_top_as_bars_on_the_panels_scale() {
        let spans = vec![span(State::AwaitingServer, 0, 600_000)];
        let mut picture = picture(vec![vec![lane("client 2", Side::Client, spans, Vec::new())]]);
        let wait = |of: &str, ms| LongestWait { of: of.to_string(), lasted: Duration::from_millis(ms) };
        picture.longest_waits = vec![wait("iterative", 600), wait("spare-threads:1-4", 60), wait("nobody", 0)];
        let file = svg(&picture);
        let of_bar = |title: &str| {
            let line = file.lines().find(|line| line.contains(&format!("<title>{title}"))).unwrap();
            numbers(line, "<rect", "width")[0]
        };
        assert_eq!(of_bar("iterative: 600 ms"), of_bar("client 2: "));
        assert!((of_bar("spare-threads:1-4: 60 ms") * 10.0 - of_bar("iterative: 600 ms")).abs() < 0.1);
        // It is drawn, although it is very short.
        assert_eq!(of_bar("nobody: 0"), 1.0);
        let texts = text_between_tags(&file);
        assert!(["iterative", "spare-threads:1-4", "600 ms", "60 ms"].iter().all(|it| texts.contains(&it.to_string())));
    }

    #[test]
    fn a_session_is_named_without_its_clients_port() {
        let session = label(LabelKind::Session, 0, 900_000, "session 1, 127.0.0.1:48446");
        let spans = vec![span(State::Working, 0, 900_000)];
        let file = svg(&picture(vec![vec![lane("session-1", Side::Server, spans, vec![session])]]));
        assert!(text_between_tags(&file).contains(&"session 1".to_string()) && !file.contains("48446"), "{file}");
    }

    #[test]
    fn a_wait_for_the_lock_is_drawn_on_a_scale_of_its_own_with_an_arrow_from_its_holder() {
        let holder = vec![span(State::HoldingLock, 1000, 1010)];
        let waiter = vec![span(State::AwaitingLock, 1004, 1014), span(State::Working, 1014, 900_000)];
        let lanes = [("session-3", holder), ("session-5", waiter)];
        let lanes = lanes.map(|(name, spans)| lane(name, Side::Server, spans, Vec::new())).to_vec();
        let mut picture = picture(vec![lanes]);
        picture.zoom = Zoom::of(&picture.panels[0]);
        let file = svg(&picture);
        let texts = text_between_tags(&file);
        for text in ["One wait for the lock: session-3 holds it, and session-5 waits", "time in µs", "time in ms"] {
            assert!(texts.contains(&text.to_string()), "no {text} in {texts:?}");
        }
        assert_eq!(words(&file)[..2], ["holding the lock", "waiting for the lock"]);
        let arrow = file.lines().position(|line| line.contains("the lock is released here")).unwrap();
        let x: f64 =
            file.lines().nth(arrow - 1).unwrap()["<path d=\"M".len()..].split(' ').next().unwrap().parse().unwrap();
        let held = file.lines().find(|line| line.contains("<title>session-3: holding")).unwrap();
        let end = numbers(held, "<rect", "x")[0] + numbers(held, "<rect", "width")[0];
        assert!((x - end).abs() < 0.1, "the arrow is at {x}, the bar ends at {end}");
    }
}
