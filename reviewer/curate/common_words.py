"""English words that a comparison of texts has to know: those that decide, and those that say next to nothing.

Other languages do without: their numbers, names and rare words are told by how they are written and used.
"""

from __future__ import annotations

__all__ = ["FIXED", "NEGATIONS", "OPPOSITES", "PLAIN"]

_NUMBERS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
    " eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million half quarter"
    " double twice third fourth fifth"
)
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday january february march april june july august september"
    " october november december today tomorrow yesterday morning afternoon evening night weekend"
)
_TURNS = (
    "before after above below more less without never none neither nor increase decrease upgrade downgrade yes enable"
    " disable activate deactivate"
)
_NOT = (
    "not cannot cant dont doesnt didnt isnt wasnt arent werent wont wouldnt shouldnt couldnt hasnt havent hadnt aint"
    " mustnt neednt no"
)
_SAYING_LITTLE = (
    "hello hi hey dear thanks thank please regards good kind best greetings sincerely cheers sorry okay ok well"
    " also and but so if when what how why where who which can could would will is are was were do does did have"
    " has the a an i you he she it we they my your our their this that these those there here as at by for from in"
    " of on to with since because although while just now then still yes be been am me us him her them its any"
    " some all not no or about into over out up down than too very kindly need want get got know let may might"
    " must shall should"
    " much many lot advance help day message reply hearing forward hope finds appreciate assistance wishes team sir"
    " madam concern mail email support"
)
FIXED = frozenset(f"{_NUMBERS} {_DAYS} {_TURNS}".split()) - {"one", "morning", "evening", "afternoon"}
"""Numbers, days and turns of meaning: where one of them is another word, the answer is another one."""
NEGATIONS = frozenset(_NOT.split())
"""All the ways to say not."""
PLAIN = frozenset(_SAYING_LITTLE.split())
"""Words that weigh little, and are no names where they begin a sentence."""
_PAIRS = (
    "old/new before/after allowed/forbidden possible/impossible open/closed more/less least/most"
    " minimum/maximum approved/rejected approved/declined accepted/rejected accepted/declined paid/unpaid early/late"
    " included/excluded covered/excluded required/optional tenant/landlord buyer/seller sender/recipient"
    " increase/decrease higher/lower upgrade/downgrade enable/disable enabled/disabled above/below"
    " mandatory/optional always/never valid/invalid active/inactive"
)
OPPOSITES: dict[str, frozenset[str]] = {}
"""Word to the words that say the contrary of it."""
for _pair in _PAIRS.split():
    _one, _other = _pair.split("/")
    OPPOSITES[_one] = OPPOSITES.get(_one, frozenset()) | {_other}
    OPPOSITES[_other] = OPPOSITES.get(_other, frozenset()) | {_one}
