"""The table: a phrase, as a regular expression, and the better word.

A space matches any white space, so that a phrase is found across a line break. Case is ignored, except in `(?-i:…)`.
"""

from __future__ import annotations

import re

IDIOMS = {
    # inverted and archaic phrases
    r"\b(is|are|was|were|be|being|been) told\b": "is reported, is shown; or say who reports it",
    r"\btold of\b": "reported",
    r"\b(is|are|was|were|be) said\b": "is stated, is reported, is printed",
    r"\b(?-i:is none|are none|were none|was none)\b": "there is no …; is missing; is not a …",
    r"\b(is|are|was|were) not there\b": "is missing, does not exist",
    r"\b(its|their|his|your|our) own kind\b": "a special kind",
    r"\bof (its|their) own\b": "its own …, separate",
    r"\bbut for\b": "except for",
    r"\banew\b": "again",
    r"\bmend(s|ed|ing)?\b": "fix, fixes, fixed",
    r"\bparted\b": "separated, split",
    r"\bbegun\b": "started",
    r"\b(aforesaid|hereby|herein|thereof|wherein|therein|thereby|whereof|whence|lest|ere|albeit|amidst|whilst"
    r"|amongst|upon|nay|beforehand|henceforth|heretofore)\b": "a plain word: before, in it, because, on, among",
    r"\b(shall|ought)\b": "must, should",
    r"\bas (it is|they are|it was|they were|it stands|they stand)\b": "unchanged, as written",
    r"\bno such as\b": "none like",
    r"\bnothing of\b": "no part of, nothing in; or say what is missing",
    r"\b(that|which|what) (is|are) no\b(?! (longer|more|less|bigger|larger|smaller|wider))": "that is not a …",
    r"\bis no (word|number|name|list|mapping|layer|id|file|folder|text|item|module|spec|module|key|path|size|integer"
    r"|whole|valid|repair|mistake|error)\b": "is not a …",
    r"\bhardly (ever|meant)\b": "rarely; is likely a mistake",
    r"\b(is|are|was|were|be) taken (for|as)\b": "counts as, is classified as, is treated as",
    r"\btakes? (\w+ ){1,3}for (a|an|the)\b": "treat … as",
    r"\b(is|are) (hardly|barely) (?!ever|meant)": "is rarely",
    r"\bbehind (a|an|the|its|it|this|that|each|every|one|another|them|which|convolutions?|layers?)\b": "after",
    r"\bbeside (a|an|the|its|it|this|that|each|every|one|another|them|which|other|·)": "next to, together with",
    r"\b(is|are|was|were|be|by itself|not) sound\b": "valid",
    r"\bsound (spec|specs|text|texts|by itself|network|networks|file|files|recipe|value|values|points?)\b": "valid",
    r"[:,] sound\b": "OK, valid",
    r"\bwhatever\b": "any, regardless of; or name the cases",
    r"\b(thus|hence)\b": "so",
    r"\bof (each|all|every|any|both) (the|of which)\b": "turn the sentence round: the … of each",
    r"\b(most|some|part|half|all|none|any) of it (is|are)\b": "name the thing: most of the …",
    r"\bof those (that|which|who|with|of|in|left)\b": "name the thing: of the layers that …",
    r"\b(it|they|that|which|line|lines|layer|text|what|value|number|name|place|where|key|param|word) stands?\b": (
        "is; are"
    ),
    r"\bstands? (in|on|at|above|below|beside|behind|before|after|where|there|here|alone|under|inside|nowhere|once"
    r"|first|next|elsewhere|between|apart)\b": "is in, appears, comes",
    r"\bstood\b": "was",
    r"\bbeholds?\b": "sees, has",
    r"\bis nowhere\b|\bare nowhere\b": "does not exist; missing",
    r"\b(so|too|as) (many|much|few) as there (is|are)\b": "all",
    r"\b(all the same|none the less|nonetheless)\b": "still, anyway",
    r"\bby no\b": "not by any",
    r"\bto no\b": "not to any",
    r"\bby none\b": "not by any",
    r"\bof no\b(?! (use|effect|help))": "not of any",
    r"\b(takes?|took|taken|taking) (it |them |\w+ )?away\b": "remove, subtract",
    r"\bhappens to\b": "say what happens",
    r"\bcalled for\b": "needed, requested",
    r"\b(makes?|made|making) (\w+ )?(of it|out of it)\b": "turn … into",
    r"\b(goes|went|gone) by\b": "uses, follows",
    r"\bcomes? (of|by) (a|an|the|it)\b": "comes from",
    r"\bholds? good\b": "is true",
    r"\bleft (the )?finite numbers\b": "diverged (NaN or Inf)",
    r"\bcannot but\b": "must",
    r"\bwhereas\b": "while",
    r"\b(one|two|it|they|which|that) of which\b": "one of them",
    r"\bfor want of\b": "for lack of",
    r"\bunawares?\b": "unnoticed",
    r"\bin (its|their) stead\b": "instead",
    r"\bas of (a|an|the)\b": "name the source",
    r"\bsuch an? one\b": "one like it",
    r"\bnone but\b": "only",
    r"\bnothing but\b": "only",
    r"\bno other than\b": "the same as, only",
    r"\bis of no\b|\bis to no\b": "turn the sentence round",
    r"\b(channels?|features?|values?|dimensions?|shapes?|tensors?|maps?|×\d+) arrives?\b": "the input has …",
    r"\bfor nobody\b": "that nothing uses",
    r"\bin line with `": "aligned with",
    r"\bleave (it|them|this one|one|`[^`]+`) (out|away)\b": "remove, omit",
    r"\bnear (is|are) `": "similar: …",
    r"\bthe ending of\b": "the file extension",
    r"\bno sooner\b": "as soon as",
    r"\bso to say\b": "leave it out",
    r"\ba great many\b": "many",
    r"\b(unsaid|unsayable|uncollected|unfilled by)\b": "not expressible, pending …",
    r"\bwhat (it|they) says?\b": "its value, its text",
    r"\bno means of means\b": "metrics are exact",
    r"\bfetch(es|ed)? back\b": "restore",
}

BRITISH = {
    # -our, -re, -ogue, -ence, -ise, doubled l
    r"\bcolours?\b|\bcoloured\b|\bcolouring\b|\bcolourful\b|\bcolourless\b": "color",
    r"\b(re|mis)?behaviours?\b": "behavior",
    r"\bneighbour(s|ing|hood|hoods)?\b": "neighbor",
    r"\bfavour(s|ed|ing|able|ite|ites)?\b": "favor",
    r"\b(hon|hum|lab|rum|vap|flav|harb)our(s|ed)?\b": "-or",
    r"\bcentres?\b|\bcentred\b|\bcentring\b": "center",
    r"\b(kilo|centi|milli)?metres?\b": "meter",
    r"\b(fibre|litre|theatre|calibre)s?\b": "-er",
    r"\bgr(e)y(s|ed|ish|scale)?\b": "gray",
    r"\bcatalogue(s|d)?\b": "catalog",
    r"\b(analogue|dialogue)s?\b": "analog, dialog",
    r"\blicences?\b|\blicenced\b": "license",
    r"\b(defence|offence|pretence)s?\b": "-ense",
    r"\b(practis|analys|paralys|catalys)(e|ed|es|ing)\b(?<!analyses)": "practice, analyze",
    r"\b\w*(model|label|cancel|travel|level|channel|signal|total|equal|initial|dial|fuel|tunnel|funnel|marshal|panel"
    r"|parcel|pencil|rival|spiral|shovel|trial|unravel|wool)l(ed|ing|ings|er|ers)\b": "one l: modeling, labeled",
    r"\b(enrol|fulfil|instil|distil)s?\b(?<!distill)|\bskilful\b": "enroll, fulfill",
    r"\b\w*(ali|normali|initiali|seriali|reali|quanti|regulari|generali|speciali|visuali|optimi|minimi|maximi|summari"
    r"|organi|recogni|utili|finali|factori|parameteri|parametri|vectori|categori|tokeni|memori|penali|capitali|randomi"
    r"|standardi|locali|equali|materiali|synchroni|emphasi|symboli|centrali|materi|itemi|customi|polari|apologi"
    r"|criti?ci|binari|stabili|familiari|prioriti|saniti|moderni|harmoni|idoli|criticali|anonymi|characteri|crystalli"
    r"|formali|globali|legali|linear?i|marginali|mobili|neutrali|pluralis?i|rasteri|scrutini|theori|trivialis?i)"
    r"s(e|es|ed|er|ers|ing|able|ation|ations)\b": "-ize, -ization",
    r"\bdilatate|\borientate[sd]?\b": "dilate, orient",
    r"\b(artefact|programme|storey|kerb|tyre|cheque|plough|sceptical|mould|ageing|judgement|acknowledgement)s?\b": (
        "artifact, program, … as in American English"
    ),
    r"\b(learnt|spelt|misspelt|burnt|leant|dreamt|spoilt)\b": "learned, spelled, misspelled",
    r"\btowards\b|\bafterwards\b|\bbackwards\b(?! (pass|compatible))": "toward, afterward, backward",
    r"\bmaths\b": "math",
}

PHRASES = {**IDIOMS, **BRITISH}

# What a variable, parameter or function is not called: it says that somebody did something, not what the value is.
PARTICIPLES = frozenset(
    "asked begun believed brought called chosen come done drawn found given gone got heard held kept known left lent"
    " made meant met named owed put ruled said seen sent shown spent spoken stated stood taken thought told understood"
    " wanted wished".split()
)


def compiled(phrases: dict[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the patterns, with a space for any white space, and their better words."""
    return tuple((re.compile(p.replace(" ", r"\s+"), re.IGNORECASE), better) for p, better in phrases.items())
