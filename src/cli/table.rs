//! Plain tables for the terminal: columns as wide as what they hold.

use clap::builder::styling::Style;

use crate::diag::visible_line;

/// What stands between two columns.
const GAP: &str = "  ";

/// One line of a table.
pub(super) enum Line {
    /// A cell a column.
    Cells(Vec<Cell>),
    /// Words that stand across all columns but the first.
    Note(String),
}

impl Line {
    /// The names of the columns.
    pub(super) fn heading(cells: impl IntoIterator<Item = Cell>) -> Self {
        let style = Style::new().dimmed();
        Self::Cells(cells.into_iter().map(|cell| cell.styled(style)).collect())
    }
}

/// What stands in one line of one column.
#[derive(Clone, Default)]
pub(super) struct Cell {
    text: String,
    is_number: bool,
    style: Style,
}

/// A cell that begins where its column begins; what it holds may come from a stranger, and nothing in it acts.
pub(super) fn cell(text: impl AsRef<str>) -> Cell {
    Cell {
        text: visible_line(text.as_ref()),
        ..Cell::default()
    }
}

/// A cell that ends where its column ends.
pub(super) fn number(text: impl AsRef<str>) -> Cell {
    Cell {
        is_number: true,
        ..cell(text)
    }
}

impl Cell {
    /// The cell in a style, where the output is coloured.
    pub(super) fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Rows in columns below a heading. Rows stay whole, whatever the terminal's width: a program or a pager reads them.
pub(super) fn columns<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut lines = vec![Line::heading(heading.map(cell))];
    lines.extend(
        rows.into_iter()
            .map(|row| Line::Cells(row.map(cell).into())),
    );
    print(&lines, false)
}

/// The width of the columns of a table; its notes may be wider.
pub(super) fn width(lines: &[Line]) -> usize {
    let widths = widths(lines);
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn widths(lines: &[Line]) -> Vec<usize> {
    let mut widths = Vec::new();
    for line in lines {
        if let Line::Cells(cells) = line {
            widths.resize(widths.len().max(cells.len()), 0);
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.width().max(*width);
            }
        }
    }
    widths
}

/// The table as text, each line without trailing blanks.
pub(super) fn print(lines: &[Line], coloured: bool) -> String {
    let widths = widths(lines);
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Note(note) => {
                let indent = widths.first().map_or(0, |width| width + GAP.len());
                text.push_str(&" ".repeat(indent));
                text.push_str(&visible_line(note));
            }
            Line::Cells(cells) => {
                for (cell, width) in cells.iter().zip(&widths) {
                    let blank = " ".repeat(width - cell.width());
                    let words = if coloured && !cell.text.is_empty() {
                        format!("{0}{1}{0:#}", cell.style, cell.text)
                    } else {
                        cell.text.clone()
                    };
                    text.push_str(&if cell.is_number {
                        blank + &words
                    } else {
                        words + &blank
                    });
                    text.push_str(GAP);
                }
            }
        }
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
    text
}
