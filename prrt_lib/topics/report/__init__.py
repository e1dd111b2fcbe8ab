"""The report: result rows alone in, paragraphs, checklists and documents out."""
