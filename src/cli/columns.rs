//! Plain tables for the terminal: a heading, and columns as wide as what they hold.

use comfy_table::{Table, TableStyle};

/// Rows in columns below a heading. Rows stay whole, whatever the terminal's width: a program or a pager reads them.
pub(super) fn columns<const N: usize>(
    heading: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> String {
    let mut table = Table::new();
    table
        .load_style(TableStyle::new())
        .set_width(u16::MAX)
        .set_header(heading)
        .add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table.lines().fold(String::new(), |mut text, line| {
        text.push_str(line.trim_end());
        text.push('\n');
        text
    })
}
