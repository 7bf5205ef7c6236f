"""Symbol and colour of a judgement of risk of bias, for tables and figures alike."""

RISK_WORDS = "risk of bias: {}"
LIGHTS = {  # symbol and colour of a judgement; the colours differ for colour-blind readers too
    "low": ("+", "#8fc9b0"),
    "few concerns": ("+", "#8fc9b0"),
    "no concerns": ("+", "#8fc9b0"),
    "moderate": ("~", "#f1dd8a"),
    "some concerns": ("~", "#f1dd8a"),
    "serious": ("\N{MINUS SIGN}", "#e59f88"),
    "high": ("\N{MINUS SIGN}", "#e59f88"),
    "many concerns": ("\N{MINUS SIGN}", "#e59f88"),
    "serious concerns": ("\N{MINUS SIGN}", "#e59f88"),
    "critical": ("\N{MULTIPLICATION SIGN}", "#ceadcd"),
}


def light(judgement: str) -> tuple[str, str]:
    """The symbol and the colour of a judgement; a question mark in grey where there is none."""
    return LIGHTS.get(judgement, ("?", "#d8dce0"))
