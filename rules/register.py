"""What ordinary, lawful collection language looks like, sentence by sentence.

Threats are without number, and no list of phrases knows all of them. What a collector may say is
far less: courtesy, rights and choices, questions about what is possible, facts of the account,
what we do, do not and cannot do. A sentence that is none of these is not called a threat; a person
reads it before it is sent. Texts of an approved wording pack were read already and are not asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rules.spelling import HAN, PARAGRAPH, View

_END = re.compile(
    rf"[。！？;；{PARAGRAPH}\n]+|[!?]+(?=[^a-z0-9]|$)|(?<![a-z]\.[a-z])(?<!\bmr)(?<!\bmrs)(?<!\bms)(?<!\bdr)(?<!\bno)\.+(?= |$)"
)

_BENEFIT = (
    "ask|dispute|complain|write|call|ring|phone|reply|answer|choose|appoint|have (?:a|your|someone|time|up|until|copies)|request|contact|"
    "reach|talk|tell|send|stop (?:the|our|us|direct|letters|calls)|change|cancel|check|pay|see|find|apply|set|keep|take (?:your|as|the time|up|this)|opt|"
    "withdraw|speak|let|name|log|decide|also|still|always|visit|read|refuse|say|raise|query|appeal|object|expect|make|"
    "get (?:a|the|your|free|help|advice|copies|in touch|more|breathing)|give|pause|start|spread|split|use (?:the|our|this|your)|switch|download|report|learn|look|propose|suggest|skip|download|settle"
)
_ACCOUNT = (
    "payments?|balance|account|instal(?:l)?ments?|plan|offer|agreement|arrangement|letters?|statement|reference|disputes?|complaints?|data|details|address|debts?|amounts?|"
    "loan|contract|due date|date|day|deadline|period|notice|request|documents?|cop(?:y|ies)|records?|interest|fees?|charges?|principal|rate|creditor|owner|company|portal|messages?|form|"
    "certificate|receipt|refund|discount|settlement|terms?|rights?|debit|appointment|office|number|calls?|visits?|visitor|budget|answer|reply|response|consent|preferences?|validation|"
    "verification|itemi[sz]ation|executor|estate|helpline|transfer|assignment|sheet|table|breakdown|information|costs?|total|reminder|hours|team|staff|agent|collector|report|credit|score|"
    "reduction|waiver|pause|hold|break|file|claim|licen[cs]e|time limit|service|scheme|lender|bank|seller|signature|envelope|portfolio|part|purchase|invoice|bill|order|product|goods|option|decision|matter|register|entry|position|situation|circumstances|ombudsman|mail|e-?mail|text|voicemail|inquiry|enquiry|question"
)
_IS = (
    "is|are|was|were|has|have|had|will (?:be (?!auction|seiz|taken|gone|garnish|ruin|destroy|double)|not|stay|end|come|show|remain|start|begin|never|write|call|send|go down)|can(?:not)?|can't|may|might|could|shows?|stays?|remains?|ends?|falls?|begins?|starts?|comes?|came|arrived?|did|does|reduces?|appl(?:y|ies)|"
    "includes?|contains?|explains?|lists?|confirms?|confirmed|states?|must be|won't|wasn't|isn't|hasn't|didn't|doesn't|says|said|gives|covers?|charged|asked|answered|accrues?|belongs?|gets?|takes? place|stops?|closes? on|counts|depends on your|consists|reads|keeps?|expires? on|opens|needs your|should (?:be|have|arrive)|went|passed|agreed"
)
_DOES = (
    "offer|accept|agree|send|sent|wrote|write|written|receive|received|record|recorded|note|noted|noticed|call(?:ed|ing)? (?:you|back|again|to|about|on|from|for|because|twice|once|mr|mrs|ms)|tried|bought|acquired|act|look(?:ed|ing)? (?:into|at|forward|for a)|check|"
    "investigat\\w+|correct(?:ed)?|updat\\w+|review(?:ed)?|answer|repl(?:y|ied)|confirm(?:ed)?|enclos\\w+|paus\\w+|stopp?(?:ed|ing)? (?:calling|contact\\w*|collect\\w*|all|the|our|writing|send\\w*|for)|wait|reduc\\w+|waiv\\w+|hold|clos\\w+ (?:the|your|our|this)|delet\\w+ (?:your|the|it)|"
    "remov\\w+|treat|respect|listen|help|support|explain\\w*|arrang\\w+|discuss (?:this|it|repay|your|other|what|options|how)|contact(?:ed|ing)? (?:you|the (?:executor|estate|bank|creditor|original|seller|person|representative))|writing|required|authori[sz]ed|regulated|registered|recommend|suggest|ask(?:ed|ing)? (?:you|him|her|them|for|only|about|the|whether|to)|aim|limit|protect|"
    "apologi[sz]e\\w*|understand|mov\\w+ (?:the|your)|chang\\w+ (?:the|your)|find (?:a|an|another|out what you|some)|transferred|refund\\w*|set up|set (?:a|the|your)|follow(?:ing)? up|like to|look forward|process|speak|spoke|talk(?:ed)?|need (?:to know|your|a|more|some|only)|took over|own|"
    "tak(?:e|ing) (?:payment|your (?:concern|complaint|time|situation|call|privacy)|into|note|care|this seriously|account)|keep (?:your|a|the|our|this|it)|charg\\w+|adapt|adjust|begin|start(?:ed)? (?:the|a|again|with)|cancel\\w*|extend|give you|given|show you|let you|tell you|inform you|provide|consider|spread|split|"
    "credit(?:ed)?|book(?:ed)?|freez\\w+ (?:the )?interest|frozen|include|report (?:the|this|accurate|only|it|your|paid)|leave (?:a|it|the|out)|left|forward|pass(?:ed)? (?:it|this|your (?:complaint|question|request))|made|make (?:a|the|sure|an|it)|expect|mail(?:ed)?|e-?mail(?:ed)?|post(?:ed)? (?:it|the|a)|reach|return|visit only|honou?r|have your|see (?:that|from)|add(?:ed)? (?:it|your|the|a note)|value|believe|mark|plan to|intend to (?:close|write|call)|limit|rather|work (?:for|with|out)|schedul\\w*|log|train|cooperate|meet|match|thank|wish|share (?:your|only)|store|decide|decided (?:not|to (?:waive|close|stop|accept|pause))"
)
_DOES_NOT = (
    "contact|call|phone|ring|tell|told|share|report|charge|sue|take|threaten|send|discuss|disclose|pass|ask|accept|visit|add|use|keep|collect|start|file|sell|need|publish|post|inform|notify|mention|talk|speak|leave|track|watch|"
    "record|store|require|demand|pursue|garnish|seize|freeze|come|appear|have (?:any|a|the|your|decided|legal)|harass|shout|insult|pretend|promise|guarantee|offer|remove|delete|change|move|begin|refuse|publish|e-?mail|text|write|bother|hide|claim|reveal|act|give (?:your|legal|this|out|any)|"
    "know (?:your|whether|if|who|the)|allowed|connected|lawyers|a |an |the |part|going|permitted|able|involved|authori[sz]ed|received|decided|filed|taken|made|had|heard|yet|been|want (?:you to|to (?:cause|put))|expect|increase|make|hold|see|find|believe|work|sell|read|plan|intend|employ|deal|judge|disturb|put|let|raise|apply|stop you|hear|find|enter|sign|open|lend|mind|apply|turn|say|reach|try|advise|charge|continue|proceed|negotiat|pay|force|press|set|involve|expose|stand|look|pick|open|name|care (?:who|which)|rush|hurry"
)

_ORDINARY_EN = re.compile(
    "|".join(
        (
            # Courtesy
            r"\b(?:please|thank|thanks|apolog\w+|appreciat\w+|grateful|welcome|kindly|regards|sincerely|dear (?:mr|mrs|ms|miss|dr|sir|madam|customer)|hello|good (?:morning|afternoon|evening)|condolences|congratulations|well done|rest assured|happy to|glad|pleased)\b",
            r"\b(?:we|i)(?:'re| are|'m| am) (?:very |so |truly |really )?sorry\b|^sorry\b|\bwe hope\b|\bhope (?:you're|you are|this|to|that you|you feel|you recover)|get well|speedy recovery|nearly there|great (?:that|to hear|news)|it'?s (?:been a while|good|great|fine|ok|okay|all right|no problem|your (?:choice|decision|right))",
            # Rights and choices
            rf"\byou(?: and your \w+)?(?: (?:can|may|could|might|are able to|are welcome to|are free to|are entitled to|will be able to|'re free to)| have (?:the|a) right to)(?: also| always| still| now| then| first| instead| simply| either| of course| at any time| each| even| only)? (?:{_BENEFIT})\b",
            r"\byou(?:r)? (?:have|keep|had) (?:the |a |all (?:the |your )?|your )?(?:same )?rights?\b|\bfree to\b|\bentitled to\b|\bup to you\b|\byou (?:do not|don'?t|need not|needn'?t|will not|won'?t|never) (?:have to|need|owe|be (?:charged|asked|contacted|called|pressured|sued)|hear from us|lose (?:any|your right)|pay (?:a fee|any|extra|more|interest))|no obligation|\bvoluntary\b|\bat any time\b|whenever (?:you|it) |you have (?:until|up to|\d+ days|paid|time|told|asked|nothing|a choice|done nothing|already|missed|chosen|agreed|two|three|14|30)|you (?:decide|choose)\b|take (?:your time|care\b)|the time you need|no (?:hurry|rush|pressure)\b|(?:choice|decision) is yours",
            r"\byou (?:asked|told us|said|mentioned|wrote|requested|informed|agreed|paid|sent|let us know|called|disputed|complained|reported|explained|prefer|signed up|chose|set up|missed|pointed out|applied)\b",
            # Conditions that open a way
            r"\b(?:if|should|when|once|as soon as|unless|where|before) (?:you|anyone|someone|somebody|anything|the|this|that|there|it|your|our|a|an|one|two|we|they|part|none|that's|payment|paying|any)(?:'re|'ve|'d|'s)? (?:\w+ ){0,2}(?:is|are|would|wish|want|need|prefer|think|believe|disagree|cannot|can'?t|did|do not|don'?t|have|has|like|agree|lost|miss|feel|find|receive|ask|pay|paid|need|struggl\w+|live|answer|speak|move|moved|change[sd]?|write|call|contact|dispute|respond|reply|seems?|looks?|differs?|worr\w+|choose|decide|accept|sign|know|no longer|require|allow|give|come|comes|arrives?|ends?|suits?|helps?|works?|claim\w*|pretend\w*|threaten\w*|says?|send|sends|got|get|had|was|were|should|already|complete|leave|let|recogni[sz]e|disput\w+|missed|owe|fall|falls|stop|stops|expires?|fits?|cause\w*|make|makes|ever|hear|submit|notify|tell|request|use|become)\b",
            # Questions about what is possible
            r"^(?:would|could|can|may|might|will) (?:you|we|i|it|this|that|someone|your \w+ (?:or|be|allow)|there|a|an|the|paying|smaller|\W?[\d.,]+)\b(?!.*\b(?:explain to your|imagine|live with)\b)|\b(?:would|could|can|may|shall) (?:you|we|i|it|that) [^?]*\?|^(?:shall|should) (?:we|i) (?:call|write|send (?:you|it to you|the copy)|pause|wait|explain|note|set|move|use|repeat|e-?mail|stop|go|read|start|ring|speak|book|change|record|split|take)\b",
            r"^(?:and |so |but )?(?:do|does|did|is|are|has|have|was|were|which|when|what|how|where|who)\b[^?]*\b(?:you (?:able|currently|need|have (?:any|a|the|enough|someone|other|received|time|an|questions|already|thought of|pension|savings|dependants|children)|want|prefer|know (?:that|about|who|which|how|what)|support|live|wish|remember|recogni[sz]e|agree|still|aware|happy|comfortable|working|in work|willing|receive|received|changed|manage|afford|like us|happen|suggest|expect|understand|getting|looking after|at home|speaking|expecting|had a chance|content|planning|free|paid|feel|doing)|anything|something|there (?:a|an|any|something|anyone)|this (?:a|the|mr|still|your|correct|right)|that (?:right|correct|ok|all right|possible|manageable|fair|too)|it (?:ok|possible|easier|all right|correct|fine)|good time|best time|would (?:be|suit|you|help|work)|can we|could we|may we|should we|suits?|help|your (?:income|situation|hours|address|current|circumstances|household|work|budget|expenses|rent|employment|number|pay day|payday|payment|preferred)|the (?:amount|address|letter|notice|details|total|balance|number)|much|often|many)\b[^?]*\?",
            r"\byou can (?!forget|kiss|cry|block|run|hide|scream|beg|be|see|eat|lose|borrow|rot|imagine|bet|never|only|drop|whine|say goodbye|whistle|starve|explain)(?:also |always |still |\w+ly )?\w+|\b(?:already|have) paid\b|^be careful\b|\bdeal with your (?:representative|lawyer|adviser|solicitor|dispute|complaint|request|question)|\bwho (?:helps|supports|cares for|looks after)\b|^(?:i|we)'?ll (?:try|call|ring|come back|get back|write|check|ask|note|look|find out|wait|pass|pause|stop)\b(?!.*\b(?:until|till|every|night|boss|wife|husband|family|neighbou?rs?)\b)|^if (?:mr|mrs|ms|miss|he|she)\b|\bfrom our team\b|\bshould(?: not|n't) have (?:happened|called|written|been)\b",
            # What we do not do
            rf"\b(?:we|i|they|nobody|no one|no-one|none of us|our \w+|the \w+|it|northlake\w*(?: recovery)?|collectors|a collector|[a-z]+ (?:recovery|agents?|staff|team)|staff)(?: (?:will|do|does|did|have|has|had|are|is|was|am|would|can|could|may|must|need|should|shall)(?: not|n't| never| no longer)|(?: \w+)?n't|(?:'re|'ve|'m|'ll|'d) (?:not|never)|cannot|can'?t| never| no longer| neither)(?: (?:ever|yet|currently|even|also|normally|again|now|be|have|been|in any way|be able to|going to|need to|have to|want to|allowed to|permitted to|at any time|under any circumstances))*,? (?:{_DOES_NOT})",
            r"\b(?:nobody|no one|no-one|none of us) (?:will|is|has|was|would|else|but|from|at|can|should|here)\b",
            r"\b(?:this|that|it|which|owing|being|there)(?: \w+){0,4} (?:is not|isn'?t|was not|wasn'?t|are not|does not|doesn'?t|will not|won'?t|has not|hasn'?t|did not|didn'?t|has no|have no|has nothing|had nothing) (?!over|going to|finished|a joke|pleasant|be pleasant|pretty|be pretty|like you|wait|the last)",
            r"\b(?:no|not any|without|free of|zero|any)(?: \w+){0,2} (?:fees?|charges?|interest|costs?|action|cases?|court|lawsuit|proceedings|decision|deadline|hurry|obligation|records?|legal|warrant|effect|influence|penalt(?:y|ies)|reason to be afraid|crime|need|change|impact|bearing|disadvantage|report|entry|one will|visit|calls|judge?ment|claim|power)\b|\bnothing (?:has|is|was|changes|will change|more|else|from|of|about|to be|was|in|about|further|happens|here|at all|criminal)\b|\bnot (?:affected|liable|responsible|at risk|required|a crime|criminal|a lawsuit|a court|obliged|obligated|charged|added|reported|possible|the police|recommended|due|included|yours?|legal advice|necessary|in danger|connected|involved|allowed|illegal|affect|count)\b|\bneed not\b|\bunaffected\b",
            r"^as (?:of|at) |\byou owe(?: us)? (?:\W|\d|nothing)|^pay (?:only |online|by |at |via |to (?:our|the company)|through )|^see (?:www|our|page|the|below|overleaf)|\bsaid the (?:customer|debtor|caller|client|borrower)\b|^(?:hello,? |hi,? )?my name is (?!none|not|no )|^here (?:is|are) (?:my|the|your|our|a) |\byou (?:will|'ll) (?:get|receive|hear|find|have|see) (?:no further|nothing more|a|an|the|your|our|from us)\b|^did this\b|^arrangements?\b|^payments? that you",
            # Facts of the account
            rf"\b(?:your|the|this|our|an?|any|all|last|next|first|second|new|each|these|those|his|her|their|original|current|every|some|no|only|one|two|part of the|most|such|\d+|that|most|original)(?: [\w'£$€.,-]+){{0,3}}? ?(?:{_ACCOUNT})(?: [\w'£$€.,-]+){{0,8}}? (?:{_IS})\b",
            rf"^(?:{_ACCOUNT}|as of|as at|since|for|under|from|on|in|by|until|after|before|without|with|paying|owing|bankruptcy|enclosed|attached|overleaf|below|above|principal|accurate|free|help|support|making|disputing|complaining|asking)\b(?: [\w'£$€%.,():-]+){{0,12}}? (?:{_IS}|we|you may|you can|you have|as)\b",
            r"\b(?:due|received|paid|outstanding|past due|owed|enclosed|available|listed|attached|settled|overdue|assigned|transferred|sold|valid|open|included|recorded|verified|on hold|put on hold|paused|closed|optional|confidential|private|safe|independent|by instalments?)\b(?! or\b)(?:[^,]*(?:\d|by|since|until|on|to|from|at|for|yet|in|with|below|above|today|now|of)|\W*$)",
            r"\byou (?:have|had|opened|held|hold|took out|entered into)(?: (?:an?|the|this|your|one|two|our))?(?: [\w'-]+){0,4} (?:accounts?|loans?|cards?|contracts?|agreements?|policy|policies|mortgage|overdraft|facility|subscription|balance)\b",
            # What we do
            rf"\b(?:we|i|our \w+|northlake\w*(?: recovery)?|a colleague|my colleague)(?:'ve| have| had|'re| are| were|'m| am| was| would| can| could| may| will|'ll|'d| should| must| do| did)?(?: (?:already|now|also|only|gladly|just|always|then|first|both|therefore|still|recently|simply|like to|happily|be able to|be|been|again|currently|today|each|normally|carefully|usually|however|need to|want to|have to|would|going to|willing to|ready to|able to|fully|kindly|all|hereby|not be able to))* (?:{_DOES})\b",
            r"\b(?:this is|my name is|i am|i'm|we are|we're|you'?re speaking (?:to|with)|you are speaking (?:to|with)|calling|writing|it is|it's) (?:\w+ ){0,4}(?:from|with|at|of|on behalf of|for|calling|a debt collector|a collection|a company|a licensed|the new|about|regarding|to)\b",
            r"\bthis (?:communication|letter|message|notice|call|e-?mail|form|page|amount|offer|table|statement|sms|text|plan|account|debt|agreement|matter|payment)\b",
            # What law and others do
            r"\b(?:only (?:a|the) (?:court|judge)|a court (?:would|must|can|has to)|under the law|the law|by law|law (?:requires|forbids|limits|protects)|illegal|unlawful|breaking the law|against (?:the law|our))\b|\b(?:scam|fraudsters?|impostors?|pretend\w*|in our name)\b|\bfree (?:help|advice|debt|of charge)|\bcome first\b|\bmany people\b|\bdebt (?:adviser|advice|charit\w+)|\bhelp(?:line)? (?:is|with|you|for)\b|\bsupport (?:is|for|you)\b|\badvice\b|more important|your health|can reduce|make it easier|manageable|suits? you|that (?:suit|work)s?\b|for your (?:records|information)|hardship|breathing space",
            r"\byou have (?:a|one|\d+|no) (?:new |unread )?(?:messages?|letters?|appointment)|\bpayments? (?:go(?:es)?|may|can|should) |\bwe only (?:take|accept|want|wanted|contact|ask|need|use|call|write|speak|act)\b|\bnever have to\b|\bdo(?:es)? not have to\b|^(?:call|try|write|ring) (?:again|back)\b|\bi (?:told|asked|advised|explained to|reassured) (?:him|her|them|the)\b|^it is (?:now|still|not|only|already)\b|\b(?:tell|ask|write to|call|contact|let|send|talk to) us\b|\bask me\b|\blet me (?:explain|check|note|look|repeat|know|go|read|confirm|see)\b|\breply \d\b|^(?:a |any )?questions? (?:about|on|regarding)\b|^have a (?:good|nice|great|pleasant)\b|^(?:reply|text|answer|write|press|dial) \W?\w+\b|^take (?:a few|some time|a day|a moment)|^only (?:pay|you|use|send|transfer)\b|^(?:do not|don'?t|never) (?:trust|transfer|send|give|share|pay|believe|sign anything|worry|hesitate to (?:call|ask|write|contact))|^beware\b",
            r"\byou (?:will never|can never|will not|won'?t|are not|aren'?t|cannot|can'?t|have not|haven'?t|should not|shouldn'?t|do not|don'?t|need not) (?:be|been|on any|liable|responsible|required|obliged|alone|have to|need|owe|go to (?:jail|prison|court)|lose your (?:right|home|job|benefits)|to blame|under any|in (?:any )?trouble|to worry|to answer|to decide)\b(?! (?:able|walking|allowed|let|given|told again|so|laughing|happy))",
            r"\b(?:an?|your|our|the|any) (?:specialist|colleague|supervisor|manager|mediator|advis[eo]r|lawyer|spouse|family member|agent|co-?signer|carrier|guarantor|adviser|friend|relative|interpreter|doctor|carer|person|judge|court|union|employer|trained person|team member|charity) (?:\w+ ){0,2}(?:has|will|may|can|said|now|was|does|is|must|helps?|looks?|would|cannot|can'?t|could)\b(?! (?:know|hear|learn|be told|find|never|see|love|like|fire|be (?:interested|happy|ashamed|disappointed)))|\bneither\b.*\bnor\b|^wages can\b|\bonly after\b|^the (?:bank|seller|original creditor|lender|court|owner)\b|\bthere (?:is|are|was|were) (?:none|no|nothing|also|several|two|still|always a way|free|time|enough time|help)\b|^(?:has|have|did|does) (?:your|anything|the|our)\b[^?]*\?|\bhow did we\b|\b(?:thirty|ten|fourteen|twenty|\d+) days\b|\bmay want to\b|\bagain (?:tomorrow|next|on|in|later|soon)\b|\bcosts you nothing\b|\bas before\b|\bheirs\b|\bwe never (?:invent|add|do that|share|pass|visit|call|charge|ask)",
            # Notes of what was said and done
            r"^(?:the )?(?:customer|debtor|consumer|client|caller|borrower|tenant|account ?holder|he|she|they|mr|mrs|ms|his|her|wife|husband|spouse|debtor'?s|customer'?s|daughter|son|third party)\b",
            r"^(?:left|sent|spoke|called|rang|e-?mailed|agreed|noted|explained|advised|asked|offered|received|confirmed|updated|set|scheduled|apologi[sz]ed|verified|no (?:answer|reply|contact|response)|voicemail|line (?:busy|dead)|wrong number|call ?back|promise|reviewed|logged|told (?:him|her|them|the)|discussed|reached|tried|wrote|closed|referred|paused|promised|returned|requested|proposed|identity|id |rights|plan|payment|address|phone|hardship|complaint|dispute|mailed|resent|reassured|followed|spoken|transferred|checked|waiting|awaiting|customer)\b",
        )
    )
)
"""Any of these, and the sentence is one of the trade."""

_FORMS_ZH = (
    "有没有|有无|我们目前|我们不会再(?!警告|提醒|给|等|客气|忍|有)|请(?!君)|谢|感谢|抱歉|对不起|道歉|您好|你好|祝|希望|期待|欢迎|遗憾|难过|哀悼|理解|体谅|恭喜|辛苦|打扰|放心|不客气|保重|尊敬的|此致|麻烦您|劳驾|愿意|协商|商量|帮(?:您|助|忙)|协助",
    "您(?:本人)?(?:也|还|随时|都|仍|可|如|若|对|同样|依法)?(?:可以?|有权|能|不必|不用|无需|无须|不需要|不负|没有|愿意|是否|希望|觉得|方便|同意|决定|想|说|提|要求|担心|问|告诉|的(?!名|照|房|工|老|家|单|孩|父|母|信用|位置)|需要|目前|现在|上次|之前|已|最近|于|在|不|更|领|或|未|何时|什么|哪|预计|每|打算|收到|认为|以|一|填|慢慢|能|选择|授权|委托|自己|考虑|本)",
    "您对.{0,10}(?:有|疑问|问题)|由您(?:决定|选择|本人)|(?:如果?|若|假如|倘若|只要|当)[^,，]{0,12}(?:您|有|需要|不|没|贵)|您看|(?:吗|呢|么)[?？]?$|怎么样|多少(?:比较|合适)|什么时候|哪一?天|要不要|是否|能否|可否|几号|什么(?:困难|原因|情况|时间|方式)|不着急|慢慢|随时|任何时候|自愿",
    "(?:我们|我方|我司|本公司|我|公司|坐席|工作人员|上门人员|员工|任何人|没有人|没人|谁|他们|这|此|本|该|目前|现阶段|尚|并|绝|从|也|都|均|法院|双方|利息|费用|金额|信用|账户|优惠|投诉|异议|配偶|孩子|家人|警方|警察|房|工资|车|驾照|还款|分期|本函|本信|邻居|单位|案卷|上面|其中|转让|暂|决定|已|不会|对)[^,，。]{0,10}(?:不会(?!放过|再|善|就|给)|没有(?!时间|用|资格|权利|机会|哪|房东|期限|好)|不(?:收|再(?:联系|打|给您|通知|向|有)|得|向|接受(?!投诉|异议)|把|需|用|是|受|因|影响|能(?:保证|承诺|透露|和|替|扣|收|说|加|要求|公开|为)|涉及|构成|包含|含|起诉|派|参与|属于|负责|了解|代表|报送|做|建议|另|必|催|上门|打|联系|告|公开|透露|承诺|保证)|未(?:收到|起诉|进入|提|采|向|作|被|申请|到|还|与|决定|包)|尚未|暂未|从未|从不|绝不|无权|无关|无需|无法(?:删除|保证|透露|承诺|提供)|禁止|严禁)",
    "(?:账户|余额|款项|还款|期|欠款|债权|债务|合同|方案|协议|利息|本金|费用|函|信件?|短信|消息|金额|编号|减免|有效期|异议|投诉|资料|信息|地址|记录|公司|银行|债权人|受让方|让与人|对账单|收据|证明|客服|电话|联系|时间|本息|分期|首期|户名|账号|尾号|余款|年利率|明细|复印件|材料|通知|转让|核实|结清|登记|收支表|专员|平台|门户|官网|工号|录音|时效|减少|暂停|延期|宽限|逾期|规定|法律|依法|合计|截至|截止|日期|到账|到期|款)[^,，。]{0,14}(?:已|为|是|于|按|到(?!你)|有效|合计|共计|尾号|收到|寄|可|将(?!被|对|由)|在|由(?!你)|未|暂停|恢复|更新|说明|列|附|减|免|元|仅|一致|终止|结束|停止|核对|变更|取消|删除|有误|请|如下|详见|计算|执行|提供|保存|不变|转|给您|通知您|与您|向您|和您|至|从|之|的|日|期|帮|内|处理|登记|编号|前|查)",
    "(?:我们|我方|我司|本公司|我|坐席)(?:已经?|会|将|可以?|正在|愿意|想|希望|也|都|再|先|只|仅|需要|建议|必须|应当|每周|今天|明天|下周.?|周.|上午|下午|刚才|稍后|于|在|能|目前|随时|一起)*(?:给您|为您|向您|与您|和您|跟您|寄|发送|收到|登记|记录|核实|暂停|停止|联系您|说明|解释|提供|更新|改正|更正|调整|安排|回复|答复|处理您|受让|接受|减免|写信|致电|跟进|保护|尊重|等您|理解|重视|根据|打过|另约|改天|改日|再约|回访|倾听|删除您|退还|更改|帮|讨论|是.{0,14}(?:公司|人员|坐席|受让方|催收))",
    "(?:客户|债务人|借款人|对方|本人|他|她|来电人|持卡人|妻子|丈夫|家属|亲属|先生|女士)[^,，。]{0,8}(?:说|称|表示|提|问|要求|担心|失业|生病|住院|同意|接|挂|在|希望|承诺|已|没|未|不|生气|情绪|愿|计划|告知|反映|来电|回电|认为|收到|觉得)|^(?:留言|已|未|无人|致电|电话|通话|告知|约定|说明|寄|核实|确认|登记|等待|发送|联系|身份)",
    "我们可以(?!让|随时|把|给你|叫|去|找|告|起|打|天天)|说不准|不影响|没有人|不会有人|没人|别的办法|问我|只能由|本公司不|同意|只有.{0,8}(?:同意|法院|授权)|须|法律(?:规定|禁止|限制)|违规|违法的是|骗子|冒充|谨防|以我们的名义|优先|援助|咨询|免费|独立|公证|调解|人之常情|很多人|难关|慢慢来|先照顾|养好|出院|普通信封|保密|仅限|仅供|本人阅读|回电|转告|^(?:第|附|共|另|以上|以下|综上|详见|地址|电话|户名|编号|日期)",
)
_ORDINARY_ZH = re.compile("|".join(_FORMS_ZH))

_PRESSES_EN = (
    r"\b(?:you|u)(?:'ll|'re|'ve|'d| will| are| were| have| had| know| better| must| should| would| could| did| do| don'?t| won'?t| make| made| owe| need| get| got| deserve| want| wanted| signed| think| people| leave| left| live| lose| lost| look| keep| never| still| just| only| really| and i\b| can(?!not))\b",
    r"^(?:well,? |so,? |just |now,? |then |and |but |better |go |don'?t |do not |never |always |stop |let'?s |let )*(?:act|ask|be|beg|believe|block|borrow|bring|buy|call|cash|check|clean|close|come|complain|consider|cover|crawl|cry|cut|decide|don'?t|do|drop|eat|empty|enjoy|expect|explain|face|fetch|figure|find|finish|fix|forget|get|give|go|grow|hand|hang|have|hide|hope|hurry|ignore|imagine|involve|join|keep|kiss|leave|let|listen|live|lock|look|lose|make|meet|move|open|pack|pawn|pay|phone|pick|play|pray|prepare|pull|push|put|quit|raise|remember|remortgage|report|ring|run|save|say|see|sell|send|settle|show|shut|sign|skip|sleep|speak|spend|stand|start|stay|step|stop|sue|suffer|take|talk|tap|tell|test|text|think|transfer|trust|try|turn|use|visit|wait|wake|walk|wash|watch|wire|withdraw|work|worry|write)\b",
    r"\bi(?:'ll|'d|'ve|'m)?\b(?! (?:understand|noted|said no|am sorry|apologi))",
    r"\b(?:we|they)(?:'ll|'ve got|'re going| will| can| could| shall| know| need| always| never| decide| find| see| saw| own| want| get| got| make| round| use| mean| don'?t (?:always|have to|joke|play|forget|need|like|care|believe|lose)| are not people| are everywhere| have (?:ways|people|friends|your|all|plenty|eyes))\b",
    r"\b(?:people|someone|somebody|nobody|no one|everyone|everybody|everything|anyone|guys?|folks|others?|whoever|friends?|neighbou?rs?|colleagues?|family|kids|wife|husband|mother|father|boss)\b",
    r"\b(?:now|tonight|tomorrow|minutes?|hours?|never|last|soon|too late|any ?more|worse|worst|only|just|enough|game|joke|luck|fate|end|truth|trouble|problem|fault|mess|my|easy|hard|shame|pity|sad|funny|worth|real|life|die|dead|god|forever)\b",
    r"[?!]$",
)
_PRESSING_EN = re.compile("|".join(_PRESSES_EN))
"""Without any of these a sentence presses on nobody, however unusual it is."""

_PRESSING_ZH = re.compile(
    "你|我(?!们|司|方|公司|行|是)|我们(?:的人|知道|能|需要|不总|说|这边|决定|有|什么|从来|都|随时)|就(?!您|此|医|业|是您)|别(?!的|人)|吧|啊|呀|嘛|才|谁|全(?!额|部还清|称)|今晚|明天|马上|立刻|现在|最后|永远|从来|一辈子|直接|还(?:钱|债|给我|我们|来|清楚)|可惜|[?？!！]$|没用|不信|怎么|有人|大家|别人|所有|人家|这种|那种|东西|代价|后果|下场|试|怪|等着|算了|算你|来硬|手段|办法|麻烦(?!您)|必须|再(?:不|也|拖|敢)|不还|不然|否则|想想|看着|逼|怕|敢|休想|迟早|早晚|反正|管你|管他|管不|说了算|好自为之|自己|心里|清楚|小心|注意(?!事项|查收)|生活|日子|命|死|活"
)

_WORDS_EN = re.compile(r"[a-z]+(?:'[a-z]+)?")
_HAN = re.compile(f"[{HAN}]")
FEWEST_WORDS, FEWEST_HAN = 3, 4
"""Less than that is a label, a name or a greeting."""


def unusual(view: View) -> Iterator[tuple[int, int]]:
    """Answer where the sentences stand, in the original, that are none of the trade's."""
    at = 0
    text = view.text
    for end in (*(match.end() for match in _END.finditer(text)), len(text)):
        sentence = text[at:end].strip(" ¶")
        start = text.find(sentence, at) if sentence else at
        at = end
        if sentence and not _ordinary(sentence.rstrip("。;；. ")):
            yield view.span(start, start + len(sentence))


def _ordinary(sentence: str) -> bool:
    if han := len(_HAN.findall(sentence)):
        return han < FEWEST_HAN or bool(
            _ORDINARY_ZH.search(sentence) or not _PRESSING_ZH.search(sentence)
        )
    if len(_WORDS_EN.findall(sentence)) < FEWEST_WORDS:
        return True
    return bool(_ORDINARY_EN.search(sentence) or not _PRESSING_EN.search(sentence))
