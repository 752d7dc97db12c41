"""What may not be said to a debtor, in Chinese and English, as patterns.

They are matched against the readings of ``rules.spelling`` (lower case, simplified characters, no
spaces between Han characters). Categories and their legal grounds: threats and force (刑法 293,
民法典 1033, 15 U.S.C. 1692d, 12 CFR 1006.14, CONC 7.9), false consequences (193 条, 1692e, CONC
7.11), disclosure (民法典 1032, 1692c(b)), unfair means (1692f). No configuration loosens them.

Patterns know the plain threats, the subjects that threats are made of (``rules.concepts``) and
common insinuations (``rules.hints``); what is worded like nothing that a collector needs is found
by ``rules.register``. Some veiled threats in new words still get past all of them (docs/wording.md
has the figures). So what people write freely is never sent by itself; what is sent is a reviewed
template, rendered and checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from models.wording import Judgement
from rules import concepts, hints, idioms, phrases_de

Fact = Literal["legal_event", "credit_reporting"]
BLOCK, REVIEW = Judgement.BLOCK, Judgement.REVIEW


@dataclass(frozen=True, slots=True)
class Phrase:
    """One rule about what is said."""

    rule: str
    pattern: re.Pattern[str]
    judgement: Judgement
    negatable: bool
    """``we will not …`` makes it harmless."""
    needs: Fact | None
    """The fact that makes it true, and so allowed."""
    advice: str
    language: str = ""
    """Of a language other than Chinese and English, whose texts alone are looked at with it."""

    @property
    def category(self) -> str:
        return self.rule[:3]

    @property
    def chinese(self) -> bool:
        """Answer whether only Han characters can match; pinyin stands with the English."""
        return self.rule.endswith(".zh")


ADVICE = {
    "L01": "say what help there is; never hint at harm",
    "L02": "a debt is a civil matter; leave police, arrest and prison out",
    "L03": "name a legal step only if it has happened, is stored and is approved",
    "L04": "name yourself by your legal name; claim no other authority",
    "L05": "state the amounts of the ledger with their date, and no other",
    "L06": "speak of credit records only if and as they are really reported",
    "L07": "speak with the debtor only; mention no third person or public place",
    "L08": "address the person politely",
    "L09": "leave job, family, children and residence out",
    "L10": "give real dates, at least seven days, and say that you can still be reached",
    "L11": "never advise to borrow, sell or mortgage; offer smaller payments",
    "L12": "name official channels and accounts only",
    "L13": "say who is calling and why contact is sought; use no pretext",
    "L14": "say that the debt may be too old to be enforced; press for nothing",
    "L15": "tell the rights to dispute, to complain and to be represented",
    "L16": "ask for times that suit; announce no pursuit",
    "L17": "make a letter look like a letter",
    "L18": "pause, and offer support",
    "L19": "show at most the last four digits",
    "L20": "promise only what is certain and written",
}

_YOUR = "(?:你|您)(?:的|们|们的)?"
_THEIR = "(?:your|ur|yr|his|her|their)"
_CLOSE_TO = (
    "(?:单位|公司|工作单位|领导|老板|上司|老总|同事|邻居|亲戚|亲友|亲属|朋友|好友|家人|家里人|家里|家属|父母|爸|妈|"
    "父亲|母亲|老婆|老公|妻子|丈夫|爱人|媳妇|对象|孩子|子女|儿子|女儿|兄弟|姐妹|哥|弟|姐|妹|爷爷|奶奶|村|居委会|"
    "物业|学校|紧急联系人|联系人|小区|人事|hr|岳父|岳母|公婆|祖宗)"
)
_PERSONS = (
    "(?:boss|employer|manager|supervisor|work(?:place)?|job|office|colleagues?|co-?workers?|hr|"
    "human resources|famil(?:y|ies)|wife|husband|spouse|partner|girlfriend|boyfriend|mother|father|"
    "mom|mum|dad|parents?|brothers?|sisters?|kids?|child(?:ren)?|sons?|daughters?|neighbou?rs?|friends?|"
    "relatives?|landlord|church|pastor|school|contacts?|references?|grand(?:ma|pa|mother|father))"
)

_ZH: dict[str, str] = {
    "L01": (
        "缺胳膊|断(?:了)?(?:你|您)?的?(?:腿|手|胳膊)|打断|弄死|杀(?:了|死|光)?(?:你|您)|砍(?:死|了)?(?:你|您)|收拾(?:你|您)|走着瞧|等着瞧|"
        "小心(?:点|你的|着)|(?:你|您)(?:给我)?小心|知道(?:你|您)(?:的)?(?:家|住|老家)|(?:砸|烧|炸)(?:了)?(?:你|您)|泼(?:油漆|粪|红漆)|放(?:你|您)?(?:的)?血|"
        "废了(?:你|您)|让(?:你|您)好看|给(?:你|您)点(?:颜色|教训)|别怪(?:我们?|兄弟)|(?:对|跟|就)(?:你|您)?不客气|不会放过|吃不了兜着走|"
        "后悔(?:都|也)?来不及|(?:让|叫)(?:你|您).{0,4}后悔|(?:带|叫)(?:人|兄弟|几个人).{0,4}(?:上门|堵|找|去)|堵(?:你|您|门)|锁(?:你|您)的?门|要(?:你|您)的?命|"
        "后果.{0,3}(?:严重|不堪|自己承担)|果子吃|(?:过|安|睡)不了?(?:好|安生|安稳)|(?:没|不)(?:让|给)(?:你|您)(?:好日子|安宁)|"
        "弄(?:你|残)|你等着|等着吧|信不信|(?:家人|出门|孩子|走夜路).{0,6}注意安全|(?:你|您|家人|孩子|哪天).{0,4}出(?:事|意外)|(?:别|不要)逼|掂量|有的是(?:办法|手段|时间)|别以为|别哭|打(?:你|您)一顿|跑得了和尚|"
        "(?:已经|就|守|等)?在(?:你|您)(?:的)?(?:家|楼下|门口|小区|单位|公司)|楼下等|小心被|身份证.{0,6}(?:我们|都有)"
    ),
    "L02": (
        "(?:报警|警察|公安|民警|警方|警局|警车|巡捕|(?<![a-z0-9])jc(?![a-z0-9])).{0,8}(?:抓|带走|找|上门|传唤|处理|来)|(?:抓|逮)(?:你|您|人|捕|起来|进去)|报警|拘留|批捕|坐(?:几年)?牢|"
        "蹲(?:监|大牢|局子|班房|几年)|(?:进|关|送).{0,2}(?:监狱|看守所|局子|牢房)|牢饭|判(?:你|您)?(?:几年)?刑|刑事|刑拘|"
        "诈骗(?:罪|犯|嫌)|(?:是|属于|构成|涉嫌|算|告(?:你|您))(?:信用卡|贷款|合同)?诈骗|犯(?:了)?罪|通缉|违法|抓捕|"
        "(?:移交|移送|报送|交给).{0,4}(?:公安|司法|检察)|法警|刑警|逃犯|立案侦查|"
        "追逃"
    ),
    "L04": (
        "公安局|检察院|派出所|经侦|刑警|网警|法务部|司法(?:局|所|部门|机关)|(?:我是|这里是|我们是|本院|我们?来自|这是).{0,8}(?:法院|法庭|执行局|律师事务所|律所|公安|警|政府|街道)|"
        "(?:人民银行|央行|征信中心|银保监|金融监管).{0,6}(?:通知|来电|提醒|警告|致电)|银行总行|"
        "(?:银监局?|银保监局?|金监局|反诈中心|公安部?|法院|政府|街道办?|央行|人行|税务局?|监管部门).{0,4}(?:要求|提醒|责令|督促|委托|授权)|我是.{0,3}律师|律所|"
        "我是.{0,8}银行的"
    ),
    "L05": (
        "双倍(?:承担|偿还|赔|还)|每[天日](?:的)?(?:违约金|滞纳金|罚款)|(?:催收|上门|律师|诉讼|手续)(?:手续)?费.{0,6}(?:由(?:你|您)|要(?:你|您)|另|加)|"
        "(?:还要?|要|需|须|再|另)(?:交|付|缴|收).{0,8}(?:催收|上门|律师|手续).{0,2}费|一分(?:钱)?(?:都|也)?不能少|利滚利|(?:违约金|罚息|滞纳金|利息).{0,4}(?:翻倍|翻番)|"
        "每(?:拖|晚|逾期|过)一?天.{0,4}(?:加|涨|多|罚)|翻(?:倍|番)"
    ),
    "L06": (
        "黑名单|失信库|失信人|老赖名单|(?:一辈子|终身|永远|这辈子)(?:都)?(?:贷不了|翻不了|别想|不能|买不了|不得)|(?:孩子|子女|小孩|后代|家人).{0,6}(?:考公|上学|政审|参军|读书|考不了|当兵)|"
        "上征信|毁.{0,2}征信|征信.{0,3}(?:黑|污点|毁|完蛋|拉黑)|影响.{0,3}(?:三代|子女|孩子|家人|后代)|大数据.{0,4}(?:黑|花|拉黑)|(?:贷|买房|买车)不了款?|"
        "别想(?:坐|买|贷|出国|考)|这辈子(?:就|都)?完|(?:三代|后代|子孙|下一代).{0,6}(?:不能|考|影响)|"
        "(?:孩子|子女).{0,6}(?:当不了|上不了|进不了|去不了)"
    ),
    "L07": (
        "发(?:到|给|在|上|布)?.{0,6}(?:家族群|公司群|朋友圈|抖音|快手|网上|微博|群里|亲友群|业主群)|爆.{0,2}通讯录|通讯录|横幅|贴(?:在|到|你|您|满)|大字报|曝光|公之于众|人尽皆知|示众|"
        "让(?:所有|全|大家|别人|周围|身边).{0,6}知道|"
        f"(?:告诉|通知|联系|告知|打给|打到|打电话|找|去|到|上|寄到|寄给|发给|发到|走访|拜访|让|叫|向|跟|和|给).{{0,4}}{_YOUR}.{{0,2}}{_CLOSE_TO}|"
        "(?:去|到|上|打到|打给|找|告诉|通知)(?:单位|公司|学校|家门口|村里|小区|家里|老家|村委|家人|领导|老板|父母|同事).{0,4}(?:找|闹|堵|催|要|宣传|说|讨|走|电话|聊)|"
        "(?:家人|父母|爸妈|子女|家属|亲友|儿女|老婆|老公).{0,4}(?:替|代|帮)(?:你|您)?(?:还|偿|付)|"
        f"{_YOUR}{_CLOSE_TO}.{{0,6}}(?:会|都|将|要|就)?(?:知道|收到|接到|看到)|"
        "喇叭|(?:全|整个)(?:小区|村|镇|单位|公司|网|楼|厂|校|家族).{0,6}(?:知道|听|看)|身败名裂|名声.{0,3}(?:臭|毁|扫地)|照片.{0,6}(?:发|网|p|贴|曝)|(?:村委|居委|社区|街道|村里).{0,8}(?:通报|通知|公示|张贴|广播|联系)|(?:老板|领导|家人|同事|父母|老婆|老公|亲友).{0,4}(?:电话|号码|微信|地址).{0,3}(?:我|都|掌握)|"
        "(?:去|到|上|回)(?:你|您)(?:的)?(?:老家|家|门|户)|(?:打给|通知|告诉|联系)(?:你|您).{0,2}(?:所有|身边|周围)|所有的?(?:朋友|亲友|联系人|亲戚)"
    ),
    "L08": (
        "老赖|人渣|不要脸|该死|去死|骗子|丢人|丢脸|无耻|无赖|畜生|混蛋|王八|狗(?:东西|日|娘)|傻(?:逼|b|x|子)|垃圾(?!短信|邮件)|废物|败类|没良心|缺德|厚脸皮|脸皮|下贱|贱(?:人|货)|"
        "穷鬼|他妈|妈的|滚(?:蛋|开|出)|天理|赖账|赖皮|白眼狼|不是人|什么东西|不如狗|蠢|白痴|"
        "死全家|全家(?:死|都)|(?:你|您)全家|装死|装什么|狗吃|穷(?:逼|b)|废(?:什么)?话|没脸|臭不要|下三滥|人模狗样|败家"
    ),
    "L09": (
        "丢.{0,2}(?:工作|饭碗)|保不住工作|开除|炒鱿鱼|(?:工作|饭碗)(?:就|都)?没了|孩子(?:的)?学校|让(?:你|您)(?:的)?(?:老婆|老公|家人|孩子|妻子|丈夫).{0,6}知道|为(?:你|您)?的?孩子(?:想|考虑|着想)|"
        "抬不起头|遣返|驱逐|(?:注销|取消|吊销).{0,2}签证|离婚|"
        "(?:女儿|儿子|孩子|小孩).{0,4}(?:学校|班级|老师|幼儿园|上学)|"
        "工作.{0,4}(?:想不想|要不要|还要|不想要)"
    ),
    "L10": (
        "后果自负|最后.{0,3}(?:小时|分钟|通知|通牒)|(?:今晚|今天|今日|明天|明晚|马上|立刻).{0,8}(?:不还|不处理|必须)|限(?:你|您|令).{0,6}(?:小时|天|日)内|逾期不候|过期不候|"
        "限.{0,8}(?:前|内)(?:还|结清|付|缴|处理)|再不(?:还|处理|联系).{0,6}(?:就|别怪|我们)"
    ),
    "L11": (
        "(?:借|贷|撸|下).{0,4}(?:别的|其他|另外|新的|网贷|平台|贷款|口子)|借新还旧|高利贷|卖(?:肾|血|房|车|身|卵|地)|(?:父母|家人|老人|房子|爸妈).{0,3}抵押|抵押.{0,3}(?:房|车)|刷(?:信用卡|花呗)|套现|"
        "(?:找|向|跟|问)(?:你|您)?的?(?:亲戚|朋友|家人|父母|亲友|同事).{0,3}(?:借|凑|要钱)|砸锅卖铁|卖.{0,2}也(?:得|要)还|"
        "(?:房子?|车子?|首饰|老家).{0,2}卖(?:了|掉)"
    ),
    "L12": (
        "私人.{0,2}(?:微信|账户|账号|手机|支付宝|号|卡|电话)|(?:加|扫)我.{0,3}(?:微信|qq|支付宝|二维码|码)|(?:转|打|汇|付).{0,4}我(?:的)?(?:个人)?(?:账户|账号|卡|微信|支付宝)|个人.{0,2}(?:账户|账号|卡|收款码|微信)"
    ),
    "L13": (
        "法院(?:快递|文件|包裹|专递)|(?:快递|包裹|快件).{0,6}(?:领取|取件|派送|待取|未取)|中奖|中了.{0,4}奖|老同学|老朋友|老战友|(?:领取|发放).{0,4}(?:补贴|奖品|红包|补偿金)|(?:家人|孩子).{0,4}出事|"
        "(?:包裹|快递|快件).{0,4}(?:扣|滞留|退回|异常)"
    ),
    "L14": (
        "没有?过(?:期|时效)|不会过期|永远有效|一辈子都?(?:得还|要还|跑不掉|还)|签(?:个|了|一个|一下)?(?:个)?字(?:就|便)|没有时效|时效.{0,4}(?:没用|无关|不算)"
    ),
    "L15": (
        "投诉.{0,3}(?:没用|无用|没有用|没意义|也白|白)|加罚|(?:不许|不准|别想|不要|不得|没必要|用不着)(?:去)?(?:找|请|聘|委托)?(?:律师|投诉|代理人)|找?律师(?:也)?没用|异议(?:一律)?(?:不|无法|概不)(?:予)?(?:受理|处理)|"
        "(?:不得|不许|无权|不准|没有权利|没有资格)(?:再)?(?:提出)?(?:异议|投诉|质疑|拒绝)|(?:拒绝|不再)(?:沟通|协商|接受沟通)|"
        "投诉.{0,3}(?:得还|照样|也要|也得)|别想(?:着)?(?:找|请|投诉|跑|躲|赖)"
    ),
    "L16": (
        "(?:打|拨).{0,6}(?:一百|100|几十|上百|五十|50).{0,2}(?:个|通|次|遍)?|打爆|轰炸|呼死|(?:天天|每天|每小时|不停|一直|不断)(?:都|地|给)?(?:你|您)?(?:打|找|上门|骚扰|催|联系)|(?:凌晨|半夜|深夜|三更).{0,4}(?:找|打|联系|上门)|"
        "盯(?:着|上|紧|死)|跟(?:着|踪)(?:你|您)|定位|没完没了|监控|缠着|跑不(?:掉|了)|躲(?:不掉|到哪|哪)"
    ),
    "L18": (
        "报应|活该|绝症|(?:生病|住院|残疾|怀孕|有病|病了).{0,4}(?:理由|借口)|死(?:了)?也(?:得|要)|断子绝孙|(?:你们|这种)(?:外地|农村|乡下|穷)人?|不得好死|人死债|怎么不去死"
    ),
}  # fmt: skip
"""Always refused, unless plainly negated where that makes them harmless."""

_EN: dict[str, str] = {
    "L01": (
        r"gets? hurt|hurt (?:you|your)|breaks? (?:you|your)|watch your (?:back|step)|(?:be|live to) (?:regret|sorry)|you(?:'ll| will| are going to|'re going to)? (?:regret|be sorry)|"
        r"regret (?:it|ignoring|this|not)|(?:i|we) know where you|know where (?:you|your (?:kids|family))|burn (?:down|your)|\bkill|beat (?:you|the)|com(?:e|ing) (?:after|for) you|"
        r"something (?:bad )?(?:might|could|will|may) happen|(?:serious|severe|dire|face(?: the)?|suffer(?: the)?|real) consequences|don'?t think (?:we|i) (?:won|will|would|can)|"
        r"do not think (?:we|i)|teach you a lesson|make you (?:pay|suffer)|you(?:'ll| will| are going to|'re going to) (?:suffer|pay for)|make your life|break down your door|smash|"
        r"\b(?:i|we)(?:'ll| will| can| shall| are going to) (?:find|get|hunt|deal with) you|(?:don'?t|do not) make (?:us|me)\b|com(?:e|ing) to your (?:house|home|door|place|work|flat)|ruin you\b|make you famous|\bwatch out\b|you(?:'ve| have) been warned|"
        r"we know (?:everything|all) about you|\breport you\b|(?:doesn'?t|does not) matter to us|(?:don'?t|do not) care (?:about|if|that)"
    ),
    "L02": (
        r"\bwarrants?\b|\barrest|\bjail|\bgaol\b|\bprison\b|is (?:theft|a crime|stealing)|sheriff|\bpolice\b|\bcops?\b|handcuff|lock(?:ed)? (?:you )?up|behind bars|\bcriminal|felony|"
        r"\bzuo ?lao\b|\bdai ?bu\b|\bju ?liu\b|\bbao ?jing\b|press charges|charged with|fraud charges?|incarcerat|imprison|\bin custody|"
        r"\bprosecut|\bfugitive|\bconvict|detective|\bcell\b.{0,12}\bfor you"
    ),
    "L03": (
        r"we(?:'ll| will| are going to|'re going to| shall)? ?(?:seize|take) (?:your|the) (?!time|call|concern|comment|privacy|feedback|complaint|question)|"
        r"(?:seize|repossess|foreclose on|auction|empty|drain|freeze) your|evict you|bailiffs? (?:will|to|are)|"
        r"(?:goes|going|go|put) to auction|enforcement team|on (?:its|his|their|the|our) way to (?:you|your)|your benefits (?:will|stop|may)"
    ),
    "L04": (
        r"\bofficer \w+ (?:from|of|with)|law offices? of|federal .{0,12}(?:bureau|unit|agency|marshal)|bank'?s legal department|this is (?:the )?(?:police|court|sheriff|irs|fbi|government|county|tax)|"
        r"\birs\b|\bfbi\b|department of justice|district attorney|\bhmrc\b|high court enforcement|on behalf of the court|government (?:agency|official|office)|fraud (?:unit|department|division)|"
        r"from (?:the )?(?:experian|equifax|transunion|credit bureau)|state marshal|"
        r"(?:from|at|with) the (?:\w+ )?(?:court|police|sheriff|government|ministry|tax office|district attorney)|\bwe are (?:\w+ )?(?:attorneys|lawyers|solicitors|law firm)|\bi am (?:an?|your) (?:attorney|lawyer|solicitor|officer|judge|bailiff)"
    ),
    "L05": (
        r"(?:collection|processing|legal|admin\w*|attorney|late|penalty|convenience) (?:fee|charge|cost)s? (?:has|have|was|were|will be|is|are)(?: been)? (?:\w+ )?(?:add|appl|charg)|"
        r"interest (?:doubles|triples|will double)|(?:doubles?|doubling) (?:every|each)|(?:also|now) (?:liable|responsible) for (?:your|the)|"
        r"(?:two|three|four|five|2|3|4|5|ten) times as much|\b(?:add|adds|adding|charge) .{0,12}(?:for )?(?:every|each|per) day"
    ),
    "L06": (
        r"ruin(?:ed)? (?:forever|your (?:credit|life))|credit .{0,14}(?:ruined|destroyed|trashed|wrecked|finished)|destroy your|wreck your|never (?:again )?(?:get|be able to get|be given|buy) .{0,12}"
        r"(?:loan|mortgage|credit|house|home)|bad-?debtor|\bhei ?ming ?dan\b|\bhmd\b|\bblack ?-?list|list of (?:bad )?debtors|debtors?'? (?:list|register)|"
        r"(?:you'll|you will) never .{0,16}(?:rent|get|own|buy|work|borrow)"
    ),
    "L07": (
        rf"(?:(?:tell|call|ring|phon|contact|inform|notify|visit|lett?|e-?mail|text|involv|ask)(?:e|ing)?|(?:speak|talk)(?:ing)? (?:to|with)|writ(?:e|ing) to|send(?:ing)? .{{0,20}} to|com(?:e|ing) to|go(?:ing)? to|"
        rf"(?:show|turn)(?:ing)? up at|get(?:ting)? hold of|reach(?:ing)? out to) .{{0,24}}\b{_THEIR} (?:\w+ )?{_PERSONS}\b|"
        rf"\b{_THEIR} {_PERSONS} (?:will|would|may|might|is going to|are going to|should|must|deserves?)(?: \w+)? (?:know|hear|find|learn|be told|see|receive|get|pay)|neighbou?rs will|"
        r"post(?:ed|ing)? (?:your|this|you|it|about you)|everyone (?:will|is going to|at)|name and shame|publicly|public list|(?:on|over) (?:social media|facebook|instagram|tiktok)|"
        r"in front of your|at your (?:work|workplace|job|school)|where you work|"
        r"expose you|humiliat|tell (?:everyone|everybody|people|the world)|all (?:your|of your) (?:contacts|friends|neighbou?rs)|sign (?:on|outside) your|"
        rf"for {_THEIR} {_PERSONS} to (?:learn|find|know|hear|see)"
    ),
    "L08": (
        r"dead-?beat|\bcrook|\bscum|\bloser|\bliars?\b|\blying\b|\bashamed|shame on|idiot|stupid|moron|pathetic|worthless|\blazy|bastard|bitch|\bfuck|\bshit|ass ?hole|\bdamn|\bthie(?:f|ves)\b|"
        r"\bcheat|freeloader|parasite|disgrace|\btrash|\bdumb|\bcrap\b|\bsb\b|\bnmsl\b|\blao ?lai\b|low-?life|good for nothing|"
        r"\bfatso|\byou (?:\w+ )?(?:pig|dog|rat|fool|cow)\b|\bfraudster|\bscammer|\bsponger|\bcoward|\bgo to hell|\bcursed?\b"
    ),
    "L09": (
        r"los(?:e|ing) your (?:job|house|home|kids|children|licen[cs]e)|get(?:ting)? you fired|cost you your|you(?:'ll| will) be fired|(?:think (?:about|of)|for the sake of) your (?:kids|children|family|wife|husband)|"
        r"deport|immigration|\bgreen card|your visa|take (?:away )?your (?:kids|children)|child (?:protective )?services|social services|custody of"
    ),
    "L10": (
        r"\bor else\b|within (?:24|48|72|\d|twenty-four|a few) hours|before it'?s too late|time is running out|last warning|final warning"
    ),
    "L11": (
        # A loan that is the debt itself is no advice to take one.
        r"(?<!your )(?<!the )(?<!this )(?<!our )(?:pay ?day|title|doorstep|short-?term|personal|new|another) (?:loan|lender)s?\b(?! (?:accounts?|agreements?|contracts?|debts?|balance|number|with|from|was|were|is|has|had|that you|you (?:took|had|opened))\b)|re-?mortgag|second mortgage|borrow (?:the|more|some|from|it|money)|sell your|max out|cash advance|"
        r"ask your \w+ (?:to|for)|get a loan|take (?:out )?a .{0,12}loan|loan shark|dip into your (?:pension|savings|401)|beg "
    ),
    "L12": (
        r"\bmy (?:own |personal |private )?(?:cash ?app|bank account|account|whats ?app|venmo|zelle|pay ?pal|telegram|cell|phone|mobile|number)|gift cards?|wire (?:it|the money) to me|western union|"
        r"bitcoin|\bcrypto"
    ),
    "L13": (
        r"missed (?:a |your )?delivery|(?:have|got|collect) (?:a|your) (?:package|parcel|delivery)|won (?:a|the)\b|you(?:'ve| have) won|\bprize|lottery|old friend|refund (?:is )?(?:waiting|due to you|for you)|"
        r"family emergency|long-?lost|"
        r"(?:parcel|package) (?:is )?(?:waiting|held|for you)"
    ),
    "L14": (
        r"never expires?|(?:does|will) ?(?:n'?t| not) expire|no time limit|good faith|(?:doesn'?t|does not) matter how old|no matter how old|(?:small|token|tiny) payment .{0,24}(?:keep|restart|show|prove|today)|"
        r"valid forever|forever (?:valid|owed|liable)|(?:owe|liable|follow) .{0,12}forever|(?:sign|signature).{0,24}(?:forever|goes away|all over)"
    ),
    "L15": (
        r"can(?:'?t| ?not| no longer) (?:\w+ )?(?:dispute|complain|challenge)|no right to|too late to (?:dispute|complain)|money on (?:a )?(?:lawyer|attorney|solicitor)|"
        r"\bno (?:lawyer|attorney|solicitor)s?|(?:don'?t|do not|never) (?:need|get|hire|call|bother|talk|speak|use|waste).{0,16}(?:lawyer|attorney|solicitor|complain|disput|ombudsman)|"
        r"(?:lawyer|attorney|solicitor|ombudsman|complain\w*) (?:won'?t|can'?t|cannot|will not) (?:help|save|change|do)|(?:nobody|no one) will (?:help|listen)|no use (?:complaining|disputing)|"
        r"you (?:have|'ve|'ve got|have got) no (?:choice|option|rights?)|"
        r"(?:nobody|no one|no-one) cares|(?:don'?t|do not) (?:bother|even think)|"
        r"nothing you can do|(?:don'?t|do not|no point) (?:contact|in contacting|complain|write to|going to) .{0,12}(?:ombudsman|regulator|cfpb|fca|court)|is pointless"
    ),
    "L16": (
        r"(?:call|ring|text|phone)(?:ing)?(?: you)? (?:\w+ )?(?:every|each) (?:\w+ )?(?:hour|day|minute|morning|night)|watching you|\bgps\b|track(?:ing|ed)? (?:you|your|down)|day and night|non-?stop|24/7|"
        r"(?:keep|keeps) (?:calling|ringing|texting|coming)|at (?:2|3|4|5) ?am|follow(?:ing)? you|outside your|hound(?:ing)? you|leave you alone|(?:not|never|won'?t) (?:stop|rest) |"
        r"(?:call|contact|chase|visit|text|come back|ring) .{0,24}until you|can'?t hide|cannot hide|nowhere to (?:run|hide)|we are everywhere"
    ),
    "L18": (
        r"is no excuse|(?:isn'?t|not) an excuse|people like you|your kind\b|serves you right|karma|when you(?:'re| are) dead|die (?:in|with) debt|kill yourself|faking|you people|"
        r"should have died|drop dead|hope you (?:die|suffer|get)|rot in"
    ),
}  # fmt: skip

_NEGATABLE = frozenset(f"L{n:02}" for n in range(1, 21)) - {"L08", "L18", "L19"}
"""Where a plain ``not`` makes the sentence a promise; elsewhere the words themselves offend."""

_NEEDS_EVENT: dict[str, str] = {
    "L03.zh": (
        "(?:已|已经|完成)(?:报案)?立案|报案|强制执行|查封|扣押|拍卖|冻结.{0,6}(?:账户|账号|资产|银行卡|微信|支付宝|工资|财产)|列(?:你|您|为|入).{0,4}失信|限制?高消费|限高|法院(?:已|已经|会|将)*(?:判|裁定|传)|"
        "(?:坐不了|不能坐|不让坐).{0,2}(?:高铁|飞机)|(?:即将|马上|立即|立刻|已经|已|将(?!来)|(?<!可能)会|就(?!此)|要|准备|决定|必须|必将)(?!可能).{0,6}(?:起诉|诉讼(?!时效)|法律途径|仲裁|支付令|(?<![转报公])告(?:你|您))|"
        "(?:起诉|(?<![转报公劝])告)(?:你|您)|(?:提交|提起|递交).{0,6}(?:起诉|诉讼|立案)|走(?:司法|法律|诉讼)程序|律师函|开庭|追究.{0,6}责任|保全(?:了)?(?:你|您)|(?:账户|工资卡|银行卡|存款|资产|财产|工资|房产).{0,4}(?:会|将|要)?被?(?:冻结|查封|划扣|扣划)|(?:移交|移送|提交).{0,4}法院|执行局|失信被执行"
    ),
    "L03.en": (
        r"\b(?:we|they|i|our (?:client|lawyers?|attorneys?)) (?:have |'ve )?(?:already |now )?(?:filed|started|commenced|begun|issued|lodged) .{0,24}(?:lawsuit|suit|case|claim|action|proceedings|complaint)|"
        r"(?:lawsuit|legal action|court action|court case|court claim|case|complaint|legal proceedings|legal process|proceedings) (?:\w+ )?(?:will be|has been|have been|is being|was|were|has|have|begins|starts) "
        r"(?:\w+ )?(?:filed|started|issued|commenced|begun|brought|taken|begin|start|follow)|(?:will be|are being|get) garnish|garnish your|garnishment|"
        r"we(?:'ll| will| shall| are going to|'re going to| must| have to)? (?:now )?sue\b|\bsue you|suing you|(?:be|get|being) sued\b(?! on a debt)|you to court|see you in court|court date|judge will|judgment (?:will|has been|against)|"
        r"lien on your|levy on your|attach your|(?<!may )(?<!might )(?<!could )(?:take|taking|begin|start|initiate|pursue) (?:\w+ )?(?:legal|court) (?:action|proceedings)|legal (?:consequences|department|team)|(?:our|the) (?:attorney|lawyer|solicitor)s? will|\bbailiffs?\b|enforcement agents?|(?:papers|documents|complaint) .{0,16}served|\bbe served\b|(?:obtained|got|have|won|entered) (?:a |the )?(?:ccj|judge?ment)|(?:will|would|going to|gonna|may|might|could|can) (?:\w+ )?be (?:frozen|seized|repossessed|levied|auctioned|foreclosed)"
    ),
    "L17.zh": "传票|法院(?:通知书|公告|文书|专用)|支付令|执行(?:通知|裁定)书?|协查函|判决书|民初",
    "L17.en": r"\bsummons\b|subpoena|\bcase no\b|\bdocket\b|court order|notice of (?:levy|seizure|garnish|suit|legal)|\bwrit\b|affidavit|in the .{0,16}court of|plaintiff|\bdefendant",
}  # fmt: skip

_NEEDS_REPORTING: dict[str, str] = {
    "L06.zh": "(?:将|会|已|已经|马上|立即|立刻)被?(?:上报|报送|录入|记入|纳入|计入).{0,6}(?:征信|信用)|(?:上报|报)(?:到|给|至)?征信",
    "L06.delicate": r"征信|信用.{0,3}(?:毁|差|低|完)|credit (?:bureau|score|rating|file|history)",
    "L06.en": r"(?:will|are|have|has|been|be) (?:\w+ )?report(?:ed|ing)? .{0,24}credit|credit (?:score|rating) (?:will|is going to|may|could)|(?:on|to) your credit (?:report|file) (?:for|until)",
}  # fmt: skip

_DOUBTFUL: dict[str, str] = {
    "L10.zh": "最后(?:的)?(?:机会|期限|一天|一次)|(?:立即|马上|立刻|尽快)(?:还|偿|结清|付|缴)|否则|加急|紧急|(?:今天|今日|今晚)(?:之?前|就|内|截止)|\\d+小时内",
    "L10.en": r"\bfinal (?:notice|demand|reminder)|last (?:chance|notice|opportunity)|in full in \d+ days|immediately|\bact now|pay (?:up|now|today)|urgent|tonight|today only|(?<!please )(?<!can )(?<!may )(?<!simply )(?<!just )ignor(?:e|ing) (?:us|this|our)",
    "L20.zh": "保证.{0,4}(?:删除|消除|修复|洗白|免除|通过)|(?:删除|消除|洗白|修复).{0,2}征信|内部(?:名额|渠道|关系|政策)|特赦|大赦|仅限今[天日]|限时|国家政策.{0,4}免|百分之?百",
    "L20.en": r"guarante(?:e|ed|es|ing)(?: \w+)? (?:it|to|that|remov|delet|disappear)|amnesty|secret (?:discount|deal)|government (?:program|forgiveness|relief)|wipe (?:your|it|the)|erase (?:it|this|your)|"
    r"delet\w+ .{0,16}(?:credit|report)|(?:ends|expires) (?:tonight|today)",
    "L03.en": r"\b(?:may|might|could) (?:\w+ )?(?:be sued|be garnish|sue\b|take .{0,12}(?:legal|court)|legal action|lead to .{0,12}(?:court|legal))",
    "L03.zh": "(?:可能|也许|(?<!将来)考虑).{0,10}(?:起诉|诉讼(?!时效)|法律途径|仲裁|司法)",
}  # fmt: skip
"""A person reads these first."""

_REGISTER: dict[str, str] = {
    "L08.register": "(?<!迷)你(?!好|们(?:公司|单位)?说|方便)",
}
"""The familiar ``你`` has no place in our letters; said with no word of courtesy, a person reads it."""

_DELICATE_STEP: dict[str, str] = {
    "L03.delicate": r"法院(?!.{0,4}依法)|官司|\bcourt (?:order|hearing|papers|people|case)|\b(?:take|have|want|collect) your (?:car|house|home|furniture|tv|things|belongings|wages|pension)|lose everything",
}  # fmt: skip
"""The same, unless it happened."""

_DELICATE: dict[str, str] = {
    "L02.delicate": r"法官|警察|公安|警方|坐牢|牢房|\bjudges?\b|\bpolice|\bfraud\b|\boffen[cs]e\b|\billegal",
    "L07.delicate": rf"(?:你|您)(?:的)?(?:爹|{_CLOSE_TO[3:]}|老婆|老公|上门|家门口|头条|单位领导|\b{_THEIR} (?:\w+ )?{_PERSONS}\b|photograph|in public\b|\bneighbou?r",
    "L08.delicate": r"还是人|要脸|良心|良知|\bdecent\b|\bhonest person|\bfancy\b",
    "L09.delicate": r"孩子|小孩|工作单位|饭碗|\bfired\b|\bvisa\b|\bkids\b",
    "L11.delicate": r"借钱|借款补|凑钱|卖(?:掉|了|房|车)|\bborrow",
    "L13.delicate": r"包裹|快递|快件|\bdeliver(?:y|ies)\b|\bparcel|\bpackage",
    "L15.delicate": r"投诉.{0,4}(?:麻烦|后果|小心)|complain\w* (?:will(?! not)|goes|only)|in the bin",
    "L16.delicate": r"天天|每天|随时找|后悔|\bregret|every (?:single )?day|\bsurveil",
}  # fmt: skip
"""Subjects that threats are made of, however they are worded: said without a plain denial, a person reads the text first."""


HEDGED = re.compile(
    r"(?:尚未|没有|还没|未|不会).{0,4}(?:起诉|决定|提起|进入|申请)|no (?:legal|court) (?:action|case)|(?:not|no) (?:been )?(?:decided|decision|started|filed)"
)
"""With these words beside it, a possible lawsuit is told honestly."""

SUIT = re.compile(
    r"(?:我们|我方|公司|可能|会|将|考虑|通过|依法|提起|进行).{0,8}?(?P<zh>起诉|诉讼(?!时效)|法律途径|仲裁|强制执行|律师函)|"
    r"\b(?:we|may|might|could|will|can|to|by|through) .{0,20}?(?P<en>\bsue\b|\bto court|legal action|lawsuit|litigat|legal proceedings|court action)"
)
"""On a time-barred debt every prospect of a suit is a threat (12 CFR 1006.26(b), 民法典 192)."""


def _phrases(
    table: dict[str, str],
    judgement: Judgement,
    language: str = "",
    needs: Fact | None = None,
) -> tuple[Phrase, ...]:
    return tuple(
        Phrase(
            rule=f"{key}.{language}" if language else key,
            pattern=re.compile(pattern),
            judgement=judgement,
            negatable=not key.endswith(".refused")
            and (key[:3] in _NEGATABLE or needs is not None or key.startswith("L03")),
            needs=needs,
            advice=ADVICE[key[:3]],
        )
        for key, pattern in table.items()
    )


def _concepts() -> Iterator[Phrase]:
    tables: tuple[tuple[dict[str, str], str, Fact | None], ...] = (
        (concepts.ZH, "zh", None),
        (concepts.ZH_EVENT, "zh", "legal_event"),
        (concepts.EN, "en", None),
        (concepts.EN_EVENT, "en", "legal_event"),
        (idioms.ZH, "zh", None),
        (idioms.ZH_EVENT, "zh", "legal_event"),
        (idioms.EN, "en", None),
        (idioms.EN_EVENT, "en", "legal_event"),
        (hints.ZH, "zh", None),
        (hints.ZH_EVENT, "zh", "legal_event"),
        (hints.EN, "en", None),
        (hints.EN_EVENT, "en", "legal_event"),
        (hints.ZH_OWN, "zh", None),
        (hints.EN_OWN, "en", None),
    )
    for table, language, needs in tables:
        for phrase in _phrases(table, BLOCK, language, needs):
            doubtful = phrase.category == "L20"
            yield replace(phrase, judgement=REVIEW if doubtful else BLOCK)


PHRASES: tuple[Phrase, ...] = (
    *_concepts(),
    *_phrases(_ZH, BLOCK, "zh"),
    *_phrases(_EN, BLOCK, "en"),
    *_phrases(_NEEDS_EVENT, BLOCK, needs="legal_event"),
    *(
        replace(phrase, judgement=REVIEW) if phrase.rule.endswith("delicate") else phrase
        for phrase in _phrases(_NEEDS_REPORTING, BLOCK, needs="credit_reporting")
    ),
    *_phrases(_DOUBTFUL, REVIEW),
    *_phrases(_DELICATE, REVIEW),
    *_phrases(_REGISTER, REVIEW, "zh"),
    *_phrases(_DELICATE_STEP, REVIEW, needs="legal_event"),
)


def _german() -> Iterator[Phrase]:
    listed: tuple[tuple[dict[str, str], Judgement, Fact | None], ...] = (
        (phrases_de.BLOCKED, BLOCK, None),
        (phrases_de.OWN_DENIAL, BLOCK, None),
        (phrases_de.NEEDS_EVENT, BLOCK, "legal_event"),
        (phrases_de.NEEDS_REPORTING, BLOCK, "credit_reporting"),
        (phrases_de.DOUBTFUL, REVIEW, None),
    )
    for table, judgement, needs in listed:
        for phrase in _phrases(table, judgement, "de", needs):
            yield replace(phrase, language="de")


OTHERS: dict[str, tuple[Phrase, ...]] = {"de": tuple(_german())}
"""What is looked for besides in texts of another language."""

PERSONAL_NUMBER = re.compile(
    r"(?<!\d)\d{17}[\dx](?!\d)|(?<!\d)\d{16,19}(?!\d)|(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"
)
"""L19: identity numbers, whole card and account numbers, US social security numbers."""
