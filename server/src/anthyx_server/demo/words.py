"""What demo brands are called and what they write about."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Theme:
    """A brand and its vocabulary."""

    name: str
    about: str
    website: str
    color: str
    tone: str
    timezone: str
    products: tuple[str, ...]
    tags: tuple[str, ...]
    campaigns: tuple[str, ...]


THEMES = (
    Theme(
        "Northwind Coffee", "A roastery with eleven cafés.", "https://northwind.example", "#6F4E37",
        "Warm, curious, never in a hurry.", "Europe/Berlin",
        ("our Guji filter roast", "the new oat flat white", "cold brew on tap", "Saturday cupping"),
        ("coffee", "roastery", "cupping", "origins"), ("Autumn roast", "Barista week"),
    ),
    Theme(
        "Fjell Outdoor", "Clothing for bad weather.", "https://fjell.example", "#1F4E5F",
        "Plain and practical.", "Europe/Oslo",
        ("the Rondane shell", "our repair service", "merino base layers", "the winter test tour"),
        ("hiking", "repair", "winter", "gear"), ("Repair month", "First snow"),
    ),
    Theme(
        "Lumen Software", "Invoicing that reads itself.", "https://lumen.example", "#3D5AFE",
        "Precise, a little dry.", "America/New_York",
        ("automatic reminders", "the new VAT report", "our public roadmap", "two-step sign-in"),
        ("invoicing", "release", "smallbusiness", "howto"), ("Launch 4.0", "Year-end close"),
    ),
    Theme(
        "Casa Olivo", "A family kitchen in Valencia.", "https://casaolivo.example", "#A8B400",
        "Generous and loud.", "Europe/Madrid",
        ("Sunday paella", "the first oil of the year", "our ajoblanco", "the terrace"),
        ("food", "valencia", "harvest", "recipe"), ("Harvest", "Terrace season"),
    ),
    Theme(
        "Pulse Fitness", "Small gyms, good coaches.", "https://pulse.example", "#E53935",
        "Encouraging without shouting.", "Australia/Sydney",
        ("the 6 a.m. class", "free mobility sessions", "our rowing challenge", "coach Maya's plan"),
        ("fitness", "mobility", "challenge", "coaching"), ("Spring reset", "Rowing challenge"),
    ),
    Theme(
        "Kiosk Books", "Two bookshops and a van.", "https://kioskbooks.example", "#5E35B1",
        "Well read, easily amused.", "Asia/Tokyo",
        ("our staff picks", "the reading with Aiko Mori", "second-hand Tuesday", "the book van"),
        ("books", "reading", "staffpicks", "events"), ("Summer reading", "Book van tour"),
    ),
)  # fmt: skip

_OPENINGS = (
    "It is back: {product}.", "You asked, we listened: {product}.", "Small news about {product}.",
    "What nobody tells you about {product} 👇", "Monday needs {product}.", "Meet {product}.",
    "Behind the scenes: how we make {product} happen.", "Three reasons to try {product} this week.",
)  # fmt: skip
_MIDDLES = (
    "We changed one thing, and you will notice.", "Only until Sunday.", "No tricks, good work.",
    "It took us most of a year.", "Tell us what you think.", "Bring somebody along ☕️",
    "First come, first served.", "We wrote down how it works.", "Our team picked the best of it.",
)  # fmt: skip
_CLOSINGS = ("More at {website}", "See you there!", "Link in bio.", "{website}/news", "Save this.")
_LONGER = (
    "Last year a customer asked us why {product} had to be so complicated. We had no good answer.",
    "So we sat down with the people who use it every day, listened, and threw half of it away.",
    "The result is simpler, costs us less to make, and leads to fewer questions on the phone.",
    "If you build things for others: ask them before you start. It is the cheapest hour you spend.",
)


def write(random: Random, theme: Theme, *, is_long: bool) -> str:
    """The text of a post: short enough for every platform, or as people write on LinkedIn."""
    product = random.choice(theme.products)
    parts = [random.choice(_OPENINGS), random.choice(_MIDDLES), random.choice(_CLOSINGS)]
    if is_long:
        parts[1:2] = ["\n\n" + "\n\n".join(random.sample(_LONGER, 3)) + "\n\n"]
    text = " ".join(parts).format(product=product, website=theme.website)
    return f"{text} #{random.choice(theme.tags)}"
