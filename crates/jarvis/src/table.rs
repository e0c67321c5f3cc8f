//! Tables as kubectl writes them: upper-case heads, columns padded with blanks, nothing else. Text from the cluster is
//! cleaned of control characters, so that no name moves the cursor.

/// A table under construction.
#[derive(Debug, Clone)]
pub struct Table {
    heads: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these heads.
    pub fn new(heads: &[&'static str]) -> Self {
        Self {
            heads: heads.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty.
    pub fn row<I: IntoIterator<Item = String>>(&mut self, cells: I) {
        let mut cells: Vec<String> = cells.into_iter().map(|cell| clean(&cell)).collect();
        cells.resize(self.heads.len(), String::new());
        self.rows.push(cells);
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// As text, each line ended.
    pub fn text(&self) -> String {
        let heads: Vec<String> = self.heads.iter().map(|head| (*head).to_owned()).collect();
        let mut widths = vec![0; heads.len()];
        for row in self.rows.iter().chain([&heads]) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |row: &Vec<String>| {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            format!("{}\n", cells.join("   ").trim_end())
        };
        std::iter::once(&heads).chain(&self.rows).map(line).collect()
    }
}

/// Text in which nothing moves a cursor or breaks a line.
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_names_cannot_move_the_cursor() {
        let mut table = Table::new(&["VMID", "NAME", "NODE"]);
        table.row(["100".to_owned(), "dns-01".to_owned(), "atlas".to_owned()]);
        table.row(["101".to_owned(), "we\u{1b}[2Jb\n".to_owned()]);
        assert_eq!(
            table.text(),
            "VMID   NAME       NODE\n100    dns-01     atlas\n101    we [2Jb\n"
        );
    }
}
