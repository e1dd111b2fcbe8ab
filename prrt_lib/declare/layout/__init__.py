"""How a workbook is laid out: profiles, their form, the blank template, REDCap."""
