"""Which fold a customer belongs to; src/rules/scoring/fold.ts gives the same."""


def fold_of(customer_id: str, folds: int) -> int:
    """FNV-1a with 32 bits over the id's UTF-8, modulo `folds`; lone surrogates count as U+FFFD."""
    text = customer_id.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value % folds
