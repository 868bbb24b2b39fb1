"""Every command of the window in one table: its menu, its words and its keys.

Menus, shortcuts, the palette and the cheat sheet are made from it. A room carries an action out when its `commands()`
has a handler under the action's id. `room` names the room an action belongs to; one without a room is the window's, or
that of whichever room is shown and has a handler for it.
"""

from __future__ import annotations

from typing import NamedTuple

from reviewer.settings import Settings

__all__ = [
    "ACTIONS",
    "MENUS",
    "ROOMS",
    "ActionSpec",
    "by_id",
    "clashes",
    "key_text",
    "keys_of",
    "plain_text",
    "plain_title",
]

MENUS = ("File", "Edit", "View", "Go", "Examples", "Triage", "Curate", "Compare", "Tools", "Help")
ROOMS = ("examples", "triage", "curate", "compare")


class ActionSpec(NamedTuple):
    """One command: what the menu says, and the keys it starts with."""

    id: str
    title: str
    menu: str
    """`View/Theme` stands in the submenu Theme; empty for what only the palette and keys reach."""
    keys: tuple[str, ...] = ()
    room: str | None = None
    anywhere: bool = False
    """The window goes to the action's room first, so it can be done from every room."""
    needs_project: bool = True
    checkable: bool = False
    icon: str = ""
    break_before: bool = False
    help: str = ""


# fmt: off
ACTIONS: tuple[ActionSpec, ...] = (
    # File
    ActionSpec("file.new", "&New project…", "File", ("Ctrl+N",), needs_project=False, icon="new"),
    ActionSpec("file.open", "&Open project…", "File", ("Ctrl+O",), needs_project=False, icon="open"),
    ActionSpec("file.import", "&Import…", "File", ("Ctrl+I",), "examples", True, icon="import", break_before=True),
    ActionSpec("file.export", "&Export version…", "File", ("Ctrl+E",), "curate", True, icon="export"),
    ActionSpec("file.backup", "&Back up now", "File", ("Ctrl+Alt+B",), icon="history", break_before=True,
               help="Save the project as it is now as a backup beside it"),
    ActionSpec("file.restore", "Res&tore backup…", "File", ("Ctrl+Alt+R",),
               help="Bring the project back to a backup; this can be taken back"),
    ActionSpec("file.close", "&Close project", "File", ("Ctrl+W",), break_before=True),
    ActionSpec("file.settings", "&Settings…", "File", ("Ctrl+,",), needs_project=False, icon="settings"),
    ActionSpec("file.annotator", "Switch &annotator…", "File", ("Ctrl+Shift+A",), icon="person"),
    ActionSpec("file.quit", "&Quit", "File", ("Ctrl+Q",), needs_project=False, break_before=True),
    # Edit
    ActionSpec("edit.undo", "&Undo", "Edit", ("Ctrl+Z", "Z"), icon="undo"),
    ActionSpec("edit.redo", "&Redo", "Edit", ("Ctrl+Shift+Z", "Ctrl+Y", "Shift+Z"), icon="redo"),
    ActionSpec("edit.find", "&Find in text", "Edit", ("Ctrl+F",), icon="search", break_before=True),
    ActionSpec("edit.find_next", "Find &next", "Edit", ("F3",)),
    ActionSpec("edit.find_previous", "Find &previous", "Edit", ("Shift+F3",)),
    ActionSpec("edit.find_example", "Find &example", "Edit", ("Ctrl+Shift+F", "/"), "examples", True),
    ActionSpec("edit.revise", "Correct the &input…", "Edit", ("F2",), icon="edit", break_before=True,
               help="A new revision of the example; answers to the one before are kept apart"),
    # View
    ActionSpec("view.examples", "&Examples", "View", ("Ctrl+1",), checkable=True, icon="examples"),
    ActionSpec("view.triage", "&Triage", "View", ("Ctrl+2",), checkable=True, icon="triage"),
    ActionSpec("view.curate", "&Curate", "View", ("Ctrl+3",), checkable=True, icon="curate"),
    ActionSpec("view.compare", "Co&mpare", "View", ("Ctrl+4",), checkable=True, icon="compare"),
    ActionSpec("view.source", "&Source instead of rendered", "View", ("V",), checkable=True, icon="source",
               break_before=True, help="Show answers as their exact source text"),
    ActionSpec("view.invisibles", "Reveal &invisibles", "View", ("Ctrl+Shift+I",), checkable=True, icon="reveal",
               help="Show direction marks, zero-width and control characters"),
    ActionSpec("view.zoom_in", "Zoom i&n", "View", ("Ctrl++", "Ctrl+="), needs_project=False, break_before=True),
    ActionSpec("view.zoom_out", "Zoom &out", "View", ("Ctrl+-",), needs_project=False),
    ActionSpec("view.zoom_reset", "Normal si&ze", "View", ("Ctrl+0",), needs_project=False),
    ActionSpec("view.theme_light", "&Light", "View/Theme", ("Ctrl+Alt+L",), needs_project=False, checkable=True),
    ActionSpec("view.theme_dark", "&Dark", "View/Theme", ("Ctrl+Alt+D",), needs_project=False, checkable=True),
    ActionSpec("view.theme_system", "As the &system", "View/Theme", ("Ctrl+Alt+Y",), needs_project=False,
               checkable=True),
    ActionSpec("view.full_screen", "&Full screen", "View", ("F11",), needs_project=False, checkable=True),
    # Go: carried out by whichever room is shown
    ActionSpec("go.next", "&Next", "Go", ("Alt+Right",), icon="next"),
    ActionSpec("go.previous", "&Previous", "Go", ("Alt+Left",), icon="previous"),
    ActionSpec("go.first", "&First", "Go", ("Alt+Home",)),
    ActionSpec("go.next_open", "Next &unlabelled", "Go", ("Alt+Down",), help="The next one without a verdict"),
    # Examples
    ActionSpec("examples.triage", "&Triage this example", "Examples", ("Ctrl+T",), "examples"),
    ActionSpec("examples.save_filter", "&Save this filter…", "Examples", ("Ctrl+Shift+S",), "examples"),
    ActionSpec("examples.clear_filter", "&Clear the filter", "Examples", ("Ctrl+Backspace",), "examples"),
    ActionSpec("examples.flag", "&Flag", "Examples", ("G",), "examples", icon="flag"),
    ActionSpec("examples.exclude", "E&xclude…", "Examples", ("X",), "examples", icon="exclude"),
    ActionSpec("examples.next_output", "Next o&utput", "Examples", ("O",), "examples",
               help="Show the same example as another variant answered it"),
    ActionSpec("examples.copy_id", "Copy the &id", "Examples", ("Ctrl+Shift+C",), "examples", icon="copy"),
    ActionSpec("examples.sources", "Sou&rces…", "Examples", ("Ctrl+Shift+U",), "examples", True,
               help="What was imported; take an import back"),
    # Triage
    ActionSpec("triage.pass", "&Pass", "Triage", ("P",), "triage", icon="pass"),
    ActionSpec("triage.fail", "&Fail", "Triage", ("F",), "triage", icon="fail"),
    *(
        ActionSpec(f"triage.category_{number}", f"First failure: category {number}", "Triage/First failure",
                   (str(number),), "triage")
        for number in range(1, 10)
    ),
    *(
        ActionSpec(f"triage.further_{number}", f"Further: category {number}", "Triage/Further categories",
                   (f"Shift+{number}", f"Alt+{number}"), "triage")
        for number in range(1, 10)
    ),
    ActionSpec("triage.evidence", "Pin &evidence", "Triage", ("E",), "triage", icon="pin",
               help="Pin the selected words, or the step, to the failure"),
    ActionSpec("triage.severity_low", "&Low", "Triage/Severity", ("L",), "triage"),
    ActionSpec("triage.severity_medium", "&Medium", "Triage/Severity", ("M",), "triage"),
    ActionSpec("triage.severity_high", "&High", "Triage/Severity", ("H",), "triage"),
    ActionSpec("triage.note", "Write a &note", "Triage", ("N",), "triage", icon="note"),
    ActionSpec("triage.save", "Save &and go on", "Triage", ("Ctrl+Return",), "triage"),
    ActionSpec("triage.keep", "&Keep the label", "Triage", ("K",), "triage",
               help="The label that waits for a second look stands as it is"),
    ActionSpec("triage.clear", "C&lear the label", "Triage", ("Delete",), "triage", icon="trash"),
    ActionSpec("triage.skip", "&Skip", "Triage", ("S",), "triage", icon="skip", break_before=True),
    ActionSpec("triage.cannot_judge", "Can't &judge", "Triage", ("J",), "triage", icon="cannot-judge"),
    ActionSpec("triage.exclude", "E&xclude…", "Triage", ("X",), "triage", icon="exclude"),
    ActionSpec("triage.flag", "Fla&g", "Triage", ("G",), "triage", icon="flag"),
    ActionSpec("triage.reference", "Edit the &reference…", "Triage", ("R",), "triage", icon="edit", break_before=True),
    ActionSpec("triage.new_truth", "Write t&he new truth…", "Triage", ("W",), "triage", icon="history",
               help="After stale facts: what is true now; the old truth is kept with its dates"),
    ActionSpec("triage.pass_kind", "S&witch the pass…", "Triage", ("Ctrl+M",), "triage",
               help="Open pass, coding pass, or both in one"),
    ActionSpec("triage.queue", "Choose the &queue…", "Triage", ("Ctrl+Shift+Q",), "triage"),
    ActionSpec("triage.variant", "Choose the &variant…", "Triage", ("Ctrl+Alt+V",), "triage"),
    ActionSpec("triage.reshuffle", "&Draw a new order", "Triage", ("Ctrl+Alt+N",), "triage",
               help="Begin the queue anew, in another random order"),
    ActionSpec("triage.auto_advance", "Go on af&ter a verdict", "Triage", ("Ctrl+Alt+G",), "triage", checkable=True),
    ActionSpec("triage.import_labels", "&Import labels…", "Triage", ("Ctrl+Alt+I",), "triage", True,
               help="From a JSONL file, one label a line"),
    ActionSpec("triage.export_labels", "Export labels…", "Triage", ("Ctrl+Alt+E",), "triage", True),
    ActionSpec("triage.codebook", "Code&book…", "Triage", ("Ctrl+B",), "triage", True, icon="codebook"),
    ActionSpec("triage.report", "Triage rep&ort", "Triage", ("T", "Ctrl+R"), "triage", True, icon="report"),
    # Curate
    ActionSpec("curate.to_core", "Put in &core", "Curate", ("C",), "curate"),
    ActionSpec("curate.to_edge", "Put in &edge", "Curate", ("E",), "curate"),
    ActionSpec("curate.to_preservation", "Put in &preservation", "Curate", ("P",), "curate"),
    ActionSpec("curate.take_out", "&Take out of its slice", "Curate", ("Delete", "U"), "curate"),
    ActionSpec("curate.assign_matching", "&Assign all listed…", "Curate", ("Ctrl+Shift+M",), "curate",
               break_before=True, help="Put everything that the filter leaves into one slice"),
    ActionSpec("curate.sample", "Draw a &sample…", "Curate", ("Ctrl+Shift+D",), "curate", True),
    ActionSpec("curate.similar", "&More like these…", "Curate", ("S",), "curate",
               help="Examples that read like the selected ones"),
    ActionSpec("curate.coverage", "Covera&ge map", "Curate", ("Ctrl+Alt+M",), "curate", True,
               help="Which failures of which workflows the slices hold"),
    ActionSpec("curate.references", "&References due", "Curate/References", ("Ctrl+Alt+H",), "curate", True,
               help="References that are past their shelf life or will be soon"),
    ActionSpec("curate.suspects", "References in &doubt", "Curate/References", ("Ctrl+Alt+U",), "curate", True,
               help="Variants agree with each other but not with the reference"),
    ActionSpec("curate.reference", "&Write the truth…", "Curate/References", ("R",), "curate", icon="edit",
               break_before=True, help="A new reference; the one before is kept with its dates"),
    ActionSpec("curate.reference_confirm", "It still &holds", "Curate/References", ("H",), "curate", icon="pass"),
    ActionSpec("curate.reference_expire", "It &no longer holds", "Curate/References", ("N",), "curate", icon="fail"),
    ActionSpec("curate.reference_keep", "It is right after &all", "Curate/References", ("O",), "curate"),
    ActionSpec("curate.reference_exclude", "E&xclude the example…", "Curate/References", ("Shift+X",), "curate",
               icon="exclude"),
    ActionSpec("curate.filter", "F&ilter the list", "Curate", ("Ctrl+L",), "curate"),
    ActionSpec("curate.contract", "Edit a c&ontract…", "Curate", ("Ctrl+Shift+K",), "curate", icon="edit",
               break_before=True),
    ActionSpec("curate.unmet", "What is &not met", "Curate", ("W",), "curate",
               help="What stands between the slices and the next version"),
    ActionSpec("curate.duplicates", "Near-&duplicates…", "Curate", ("D",), "curate", break_before=True,
               help="Examples that are the same case in the same or other words"),
    ActionSpec("curate.find_duplicates", "Look for near-duplicates", "Curate/Near-duplicates", ("Ctrl+Alt+F",),
               "curate"),
    ActionSpec("curate.keep_group", "&Keep all of the group…", "Curate/Near-duplicates", ("K",), "curate"),
    ActionSpec("curate.merge_group", "Keep the chosen one &only…", "Curate/Near-duplicates", ("M",), "curate"),
    ActionSpec("curate.exclude_member", "E&xclude the chosen one…", "Curate/Near-duplicates", ("X",), "curate",
               icon="exclude"),
    ActionSpec("curate.leaks", "&Leaks…", "Curate", ("L",), "curate",
               help="What of the examples stands in files that models are trained on"),
    ActionSpec("curate.scan", "Scan a training &file…", "Curate/Leaks", ("Ctrl+Shift+T",), "curate", True,
               icon="search"),
    ActionSpec("curate.waive", "&Waive…", "Curate/Leaks", ("Y",), "curate",
               help="Let the example be frozen although it stands in a training file; or take that back"),
    ActionSpec("curate.waive_all", "Waive &all…", "Curate/Leaks", ("Shift+Y",), "curate"),
    ActionSpec("curate.set_scan_aside", "&Set the scan aside", "Curate/Leaks", ("Ctrl+Alt+X",), "curate"),
    ActionSpec("curate.next_place", "Next marked place", "Curate", (".",), "curate"),
    ActionSpec("curate.previous_place", "Previous marked place", "Curate", (",",), "curate"),
    ActionSpec("curate.freeze", "&Freeze…", "Curate", ("Ctrl+Shift+V",), "curate", True, icon="freeze"),
    ActionSpec("curate.versions", "&Versions…", "Curate", ("Ctrl+Shift+E",), "curate", True, icon="versions"),
    ActionSpec("curate.tags", "Tags of the version…", "Curate", ("A",), "curate"),
    # Compare
    ActionSpec("compare.new", "&New study…", "Compare", ("Ctrl+Shift+N",), "compare", True, icon="new"),
    ActionSpec("compare.judge", "&Judge the study", "Compare", ("Ctrl+J",), "compare", icon="compare"),
    ActionSpec("compare.studies", "&All studies", "Compare", ("Escape",), "compare", icon="previous"),
    ActionSpec("compare.pass", "&Pass", "Compare/Correctness", ("P",), "compare", icon="pass"),
    ActionSpec("compare.fail", "&Fail", "Compare/Correctness", ("F",), "compare", icon="fail"),
    ActionSpec("compare.cannot_judge", "Can't &judge", "Compare/Correctness", ("J",), "compare", icon="cannot-judge"),
    ActionSpec("compare.evidence", "Mark the &wrong passage", "Compare/Correctness", ("W", "E"), "compare", icon="pin",
               help="Mark the selected words as wrong; on a marked passage, take the mark away"),
    ActionSpec("compare.severity_low", "&Low", "Compare/Correctness", ("1",), "compare", break_before=True),
    ActionSpec("compare.severity_medium", "&Medium", "Compare/Correctness", ("2",), "compare"),
    ActionSpec("compare.severity_high", "&High", "Compare/Correctness", ("3",), "compare"),
    ActionSpec("compare.caveat", "A &caveat is missing", "Compare/Correctness", ("C",), "compare", checkable=True,
               help="A warning that the case needs is not in the answer"),
    ActionSpec("compare.note", "Write a &note", "Compare/Correctness", ("N",), "compare", icon="note"),
    ActionSpec("compare.lock", "L&ock and go on", "Compare/Correctness", ("Return", "Enter", "Ctrl+Return"), "compare",
               icon="lock", break_before=True, help="A locked verdict cannot be changed"),
    ActionSpec("compare.left", "&A is better", "Compare/Pair", ("Left",), "compare"),
    ActionSpec("compare.right", "&B is better", "Compare/Pair", ("Right",), "compare"),
    ActionSpec("compare.tie", "&Tie", "Compare/Pair", ("Down",), "compare"),
    ActionSpec("compare.both_bad", "B&oth bad", "Compare/Pair", ("Up",), "compare"),
    ActionSpec("compare.differences", "Show &differences", "Compare/Pair", ("D",), "compare", checkable=True,
               break_before=True, icon="differences", help="Mark the words that the other answer does not have"),
    ActionSpec("compare.next_difference", "&Next difference", "Compare/Pair", (".",), "compare"),
    ActionSpec("compare.previous_difference", "P&revious difference", "Compare/Pair", (",",), "compare"),
    ActionSpec("compare.scroll_together", "&Scroll together", "Compare/Pair", ("Y",), "compare", checkable=True),
    ActionSpec("compare.stopping", "May it s&top?", "Compare", ("Ctrl+Shift+Q",), "compare", break_before=True),
    ActionSpec("compare.close", "&Close the study…", "Compare", ("Ctrl+Shift+C",), "compare"),
    ActionSpec("compare.abandon", "&Give the study up…", "Compare", ("Ctrl+Shift+X",), "compare"),
    ActionSpec("compare.report", "Study &report", "Compare", ("Ctrl+Shift+R",), "compare", icon="report"),
    ActionSpec("compare.save_report", "&Save the report…", "Compare", ("Ctrl+Shift+O",), "compare"),
    ActionSpec("compare.save_figures", "Save the &figures…", "Compare", ("Ctrl+Alt+F",), "compare"),
    ActionSpec("compare.disputes", "&Disagreements…", "Compare", ("Ctrl+Alt+S",), "compare",
               help="What annotators said differently of the same answer or pair, without their names"),
    ActionSpec("compare.copy_summary", "Copy the su&mmary", "Compare", ("Ctrl+Shift+Y",), "compare", icon="copy"),
    ActionSpec("compare.import", "&Import judgments…", "Compare", ("Ctrl+Shift+G",), "compare", break_before=True,
               icon="import", help="Judgments made elsewhere; the study is then reported as judged elsewhere"),
    ActionSpec("compare.export", "&Export judgments…", "Compare", ("Ctrl+Shift+K",), "compare", icon="export"),
    # Tools
    ActionSpec("tools.check", "Check &project…", "Tools", ("Ctrl+Alt+C",),
               help="The file, its rows, versions, history and text index"),
    # Help
    ActionSpec("help.palette", "&Command palette", "Help", ("Ctrl+K", "Ctrl+Shift+P"), needs_project=False,
               icon="search"),
    ActionSpec("help.shortcuts", "&Keyboard shortcuts", "Help", ("?", "F1"), needs_project=False, icon="keyboard"),
    ActionSpec("help.demo", "Open &demo project", "Help", ("Ctrl+Shift+H",), needs_project=False, break_before=True),
    ActionSpec("help.logs", "Show &logs", "Help", ("Ctrl+Shift+L",), needs_project=False),
    ActionSpec("help.about", "&About Reviewer", "Help", ("Ctrl+Shift+F1",), needs_project=False),
)
# fmt: on
_BY_ID = {spec.id: spec for spec in ACTIONS}


def by_id(action_id: str) -> ActionSpec:
    """The action of that id; raises KeyError when the table has none."""
    return _BY_ID[action_id]


def plain_text(title: str) -> str:
    """A title without its mnemonic."""
    return title.replace("&&", "\0").replace("&", "").replace("\0", "&")


def plain_title(spec: ActionSpec) -> str:
    """The table's title without its mnemonic and dots."""
    return plain_text(spec.title).removesuffix("…")


def keys_of(spec: ActionSpec, settings: Settings) -> tuple[str, ...]:
    """The keys in force: the person's own, or the table's."""
    own = settings.get("keys").get(spec.id)
    if own is None:
        return spec.keys
    return tuple(key for key in own.split("\n") if key)


def key_text(action_id: str, settings: Settings) -> str:
    """The first key of an action as a person reads it, for the hint on a button; empty without one."""
    from PySide6.QtGui import QKeySequence

    keys = keys_of(by_id(action_id), settings)
    return QKeySequence(keys[0]).toString(QKeySequence.SequenceFormat.NativeText) if keys else ""


def clashes(spec: ActionSpec, key: str, settings: Settings) -> list[ActionSpec]:
    """The other actions that the same key would mean wherever `spec` can be done."""
    return [
        other for other in ACTIONS if other.id != spec.id and key in keys_of(other, settings) and _meet(spec, other)
    ]


def _meet(one: ActionSpec, other: ActionSpec) -> bool:
    """Whether both can be live at once: the same room, or one of them everywhere."""
    return one.room == other.room or one.room is None or other.room is None or one.anywhere or other.anywhere
