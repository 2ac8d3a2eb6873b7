"""Cells of CSV files that people open in spreadsheets, which run what looks like a formula."""

FORMULA = tuple("=+-@\t\r\uff1d\uff0b\uff0d\uff20")  # the wide ones count in Japanese versions


def cell(value: object) -> object:
    """Return a value as a cell that no spreadsheet takes for a formula; lists are joined by `|`.

    Some spreadsheets drop blanks at the beginning before they look for a formula. Numbers stay
    numbers, None is an empty cell.
    """
    if value is None:
        return ""
    told = "|".join(map(str, value)) if isinstance(value, list | tuple) else value
    if isinstance(told, str) and (told.startswith(FORMULA) or told.lstrip().startswith(FORMULA)):
        return f"'{told}"
    return told
