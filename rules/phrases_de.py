"""What may not be said to a debtor in German: the guard's own list, not read by a native speaker.

As in ``rules.phrases``: patterns by category, matched in lower case without accents on vowels
(``ä`` reads as ``a``) and with ``ß`` as ``ss``. What is doubtful is listed apart and goes to a
person. Grounds: §§ 240, 253 StGB, § 4a UWG, § 13a RDG, Directive (EU) 2021/2167 art. 10(1).
"""

from __future__ import annotations

BLOCKED: dict[str, str] = {
    "L01": (
        r"(?:unsere|meine) (?:jungs|manner|leute|kollegen) (?:kommen|schauen|sind|werden|fahren)|wir wissen,? wo (?:du|sie|ihr|ihre)|pass(?:en)? (?:sie )?(?:gut )?auf (?:dich|sich)|blaues wunder|bereuen|fertig ?mach|kriegen (?:dich|sie)|finden (?:dich|sie)\b|"
        r"etwas (?:zustoss|passier)|knochen|schlager(?:trupp)?|verprugel|umbring|besuch von (?:unser|kraftig)|warm anziehen|ungemutlich|sonst knallt|hausbesuch.{0,20}angenehm"
    ),
    "L02": r"verhaft|haftbefehl|gefangnis|knast|einsperr|polizei|straf(?:anzeige|bar|tat|verfahren|verfolg)|anzeigen? wegen|betrug|kriminell|staatsanwalt|hinter gitter|erzwingungshaft",
    "L04": r"(?:hier (?:ist|spricht)|ich bin|wir sind) (?:das |der |die |vom |von der )?(?:amtsgericht|gericht|polizei|kripo|staatsanwalt|finanzamt|behorde|rechtsanwalt|anwalt|gerichtsvollzieher|schufa)|im auftrag des (?:gerichts|amtsgerichts|finanzamts)",
    "L05": r"(?:jede[rs]?|dieser|pro) (?:anruf|brief|tag|woche|besuch|mahnung) .{0,16}(?:kostet|mehr|teurer)|schulden (?:ihre[srn]?|deine[srn]?) .{0,16}(?:gehoren|sind jetzt|ubernehmen|erben|zahlen sie)|(?:bearbeitungs|mahn|inkasso|zusatz|straf)(?:gebuhr|kosten|geld)\w* .{0,30}(?:hinzu|zusatzlich|aufgeschlagen|fallig)|zinsen verdoppel|das doppelte|verdoppelt sich|jeden tag (?:teurer|mehr)",
    "L06": r"schwarze[nr]? liste|kreditwurdigkeit .{0,20}(?:ruin|zerstor|vernicht|weg|dahin)|schuldnerliste|nie (?:wieder|mehr) .{0,20}(?:kredit|vertrag|wohnung|konto)|kreditwurdigkeit (?:ruin|zerstor|vernicht)|lebenslang.{0,20}schufa",
    "L07": (
        r"(?:foto|bild|name|namen|schulden) .{0,12}(?:ins|im|auf) (?:internet|netz|facebook|schwarze brett)|(?:das |die )?(?:ganze|ganzes|gesamte) (?:dorf|strasse|haus|firma|familie|schule|ort)|(?:sollten|konnten|mussten) wir .{0,12}(?:mit|bei) (?:ihre[mrn]|deine[mrn])|(?:sag|erzahl|informier|ruf|kontaktier|benachrichtig|schreib|melde?|wend|besuch|sprech|erfahr|erfahrt|erfahren|weiss|wissen|hor|bekomm)\w* .{0,40}\b(?:dein|ihr|ihre|ihren|ihrem|ihrer|deine[mnr]?)\b .{0,12}(?:chef|arbeitgeber|kolleg|nachbar|familie|frau|mann|eltern|mutter|vater|kinder|verwandt|freund|vermieter|arbeitsplatz)|"
        r"\b(?:dein|ihr|ihre|deine)\b .{0,12}(?:chef|arbeitgeber|kollegen|nachbarn|familie|frau|mann|eltern|mutter|vater|kinder|verwandten|freunde|vermieter) (?:wird|werden|soll|sollen|erfahr|weiss)|"
        r"veroffentlich|offentlich (?:mach|bekannt)|im internet|auf facebook|aushang|pranger|jeder (?:wird|soll) (?:es )?(?:wissen|erfahren)"
    ),
    "L08": r"\bluger|betruger|abschaum|schmarotzer|versager|idiot|dumm(?:kopf)?\b|arschloch|scheiss|verdammt|schamen sie sich|schamlos|unverschamt|drecks|faul(?:pelz|enzer)?\b|asozial|pack\b",
    "L09": r"(?:job|arbeit|stelle|arbeitsplatz|wohnung|kinder|fuhrerschein) (?:verlier|weg(?:nehm)?|los)|verlier\w* .{0,24}(?:job|arbeit|stelle|wohnung|kinder|fuhrerschein)|jugendamt|abschieb|auslanderbehorde|aufenthalt\w* .{0,20}(?:verlier|entzog|gefahr|widerruf)|denken sie an ihre kinder",
    "L11": r"erst (?:uns|an uns).{0,16}(?:miete|strom|essen|medikament)|(?:vor|statt) der miete|(?:nehmen|nimm) .{0,24}(?:kredit|darlehen) auf|leihen sie sich|leih dir|verkaufen sie (?:ihr|das|den)|verpfand|kredit aufnehmen (?:mussen|sollten)",
    "L12": r"(?:bringen|geben|ubergeben) sie mir .{0,16}(?:geld|bar)|geld in bar (?:mit|zu mir|an mich)|gutschein(?:karte|code)|bitcoin|(?:mein|private[smn]?) .{0,12}(?:konto|paypal|whatsapp|handy)",
    "L13": r"ihr paket|sendung .{0,20}(?:abhol|zugestellt)|gewonnen|alter freund|alte bekannte|gewinnspiel",
    "L14": r"(?:nur|bloss) (?:einen|ein|\d+) (?:euro|cent).{0,30}(?:aktiv|offen|neu|weiter)|verjahrt nie|verjahrung gibt es|(?:nur|einfach) (?:kurz )?unterschreiben|nicht verjahrt",
    "L15": r"beschwer\w+ .{0,20}(?:bringt nichts|zwecklos|sinnlos|hilft (?:ihnen )?nicht)|keinen? anwalt|anwalt .{0,20}(?:sparen|zwecklos|bringt nichts|hilft)|widerspruch .{0,20}(?:zwecklos|unzulassig|ausgeschlossen|nicht moglich|bringt)|einwande .{0,20}nicht (?:moglich|akzeptiert)",
    "L16": r"(?:jede stunde|stundlich|taglich|tag und nacht|rund um die uhr) .{0,20}(?:anruf|ruf|melden|vor der tur)|ruf\w* .{0,20}(?:jede stunde|stundlich|tag und nacht|rund um die uhr)|beobacht\w* (?:sie|dich)|verfolg\w* (?:sie|dich)|vor (?:ihrer|deiner) (?:tur|haustur)|lassen (?:sie |dich )?nicht in ruhe|nicht locker",
    "L18": r"krankheit ist keine|krank sein ist keine|selbst schuld|leute wie (?:sie|du)|geschieht (?:ihnen|dir) recht|stell\w* (?:sie sich|dich) nicht so an",
}
"""Always refused, unless plainly denied where that makes them harmless."""

OWN_DENIAL: dict[str, str] = {
    "L01.refused": r"(?:nachste|zweite)\w* (?:besuch|brief|anruf|mal|mann) .{0,20}(?:nicht|weniger) .{0,6}(?:freundlich|hoflich|nett|geduldig|angenehm)|(?:nicht|weniger) so (?:freundlich|hoflich|nett|geduldig)",
    "L06.refused": r"nie (?:wieder|mehr) .{0,20}(?:kredit|vertrag|wohnung|konto|handy|darlehen)|kein(?:e)? (?:bank|vermieter|handler)\b.{0,16}(?:wird|gibt|vermietet)",
    "L13.refused": r"(?:paket|sendung|einschreiben|brief) .{0,12}konnte nicht zugestellt",
    "L14.refused": r"verjahr\w+ (?:nie|nicht|niemals)|keine (?:verjahrung|frist fur diese)",
    "L15.refused": r"(?:durfen|konnen) (?:sie )?keinen? (?:anwalt|widerspruch|beschwerde|einwande)|(?:vertrag|nachweis|unterlagen|kopie|belege?) .{0,16}(?:bekommen|erhalten|kriegen) sie nicht|(?:bekommen|erhalten|kriegen) sie .{0,12}nicht zu sehen|brauchen (?:ihnen )?nichts (?:zu )?(?:beweisen|nachweisen)",
    "L16.refused": r"lassen (?:sie |dich )?nicht in ruhe|nicht locker|keine ruhe|nicht mehr schlafen",
}
"""Their own denial is what offends."""

NEEDS_EVENT: dict[str, str] = {
    "L03": (
        r"\bklage (?:gegen sie )?(?:eingereicht|erhoben)|\bklage gegen sie\b|gerichtsvollzieher (?:kommt|steht|ist|wird)|gericht (?:hat|ist) .{0,14}(?:entschieden|geurteilt|stattgegeben)|(?:wir|werden|wird|haben|hat|ist|wurde|wurden|sofort|morgen)\b.{0,30}(?:verklag|klage (?:erhoben|eingereicht|erheben|einreichen)|mahnbescheid (?:beantragt|erlassen|ist|wird)|vollstreck|pfand|zwangsversteiger|gerichtsvollzieher|beschlagnahm)|"
        r"verklagen (?:wir|sie)|vor gericht (?:sehen|bringen|zieh)|(?:lohn|gehalt|konto|auto|haus)\w* .{0,16}(?:gepfandet|pfanden|gesperrt|beschlagnahm)|(?:lohn|konto|gehalts)pfandung|gericht hat (?:entschieden|geurteilt)|zahlen sie,? oder wir"
    ),
    "L17": r"vollstreckungsbescheid|ladung zum|aktenzeichen des gerichts|amtliche zustellung|im namen des volkes|beschluss des (?:amts|land)gerichts",
}
"""True only of a case in which it has happened."""

NEEDS_REPORTING: dict[str, str] = {
    "L06": r"(?:schufa|auskunftei|kreditauskunft)\w* .{0,30}(?:meld|eintrag|eingetrag|ubermittel)|(?:meld|eintrag|eingetrag|ubermittel)\w* .{0,30}(?:schufa|auskunftei)|schufa-?eintrag",
}

DOUBTFUL: dict[str, str] = {
    "L03": r"(?:konnten|konnte|moglicherweise|eventuell|vorbehalten|behalten uns).{0,40}(?:klage|gericht|rechtlich|vollstreck)|gerichtlich\w* (?:schritte|verfahren|massnahmen)|rechtliche schritte|rechtsweg|inkassoverfahren",
    "L10": r"morgen .{0,10}zu spat|letzte (?:mahnung|chance|frist|warnung|aufforderung)|unverzuglich|sofort (?:zahl|uberweis)|binnen \d+ stunden|innerhalb von (?:24|48|72) stunden|heute noch|sonst\b|andernfalls|dringend",
    "L20": r"garantier\w+|versprechen ihnen|amnestie|nur heute|einmalige gelegenheit",
}
"""A person reads these first."""

NEGATION = r"\b(?:nicht|nie|niemals|kein(?:e|en|em|er|es)?|weder|ohne|niemand|verboten|untersagt|unzulassig)\b"
"""Denies what stands in the same clause, before it or, as German puts it, after the verb."""

NOT_REALLY = r"nicht (?:nur|zogern|langer|mehr lange|scheuen|davor zuruck|ausgeschlossen|umhin)|(?:zogern|scheuen)\b.{0,12}nicht|kein(?:e)? (?:wahl|ausweg|scherz|spass)|ohne (?:weitere )?(?:vorwarnung|ankundigung|zogern)|nicht .{0,30}\bkein"
"""Words of denial that deny nothing: ``wir werden nicht zögern``."""

CLAUSE = r"[.!?;:,()¶]|\b(?:aber|und|wenn|sonst|andernfalls|bevor|bis|ausser|sondern|dann)\b"
