"""Sly and colloquial wordings of the concepts, found by writing as a hostile collector would.

Read as ``rules.concepts`` is; kept apart because these are idioms and not built of parts.
"""

from __future__ import annotations

ZH: dict[str, str] = {
    "L01.idiom": "门.{0,3}(?:堵|焊)(?:了|死|住)?|堵.{0,4}门|活腻|找死|不想活|(?:见面|下次|下回).{0,10}(?:不|没).{0,6}简单|不(?:会)?(?:就)?这么简单|(?:你|您|家|孩子).{0,10}(?:哪个|哪里|哪儿|哪所|几点|车位|几号楼|几楼|上学|上班).{0,10}(?:知道|清楚|掌握|有数|摸清)|(?:知道|清楚|摸清|查到)(?:了)?(?:你|您).{0,8}(?:哪个|哪里|哪儿|哪所|几点|住址|几号楼|上学|上班)|派.{0,4}人.{0,8}(?:看|守|盯|跟|堵|去|到|上门|找|拜访|接)|(?:站|坐|睡|住|赖|躺)(?:在|到).{0,6}(?:门口|家里|楼下|单位)|老子|让(?:你|您).{0,4}(?:睡不|活不|过不|出不|走不)|(?:没|不)(?:让|给)(?:你|您).{0,6}(?:好过|安生|太平)|找人(?:收|办|弄|解决)|黑的白的",
    "L02.idiom": "(?:材料|证据|案卷|资料|线索|案子).{0,6}(?:送|交|报|递|移)(?:到|给|往|交)?.{0,6}(?:检察|公安|司法|经侦|警)|(?:里面|号子|牢|监).{0,4}(?:待|蹲|住|过).{0,6}(?:年|月|天)|诈骗犯|逃犯|嫌疑人|(?:抓|逮|拘|铐)(?:你|您|起来|走|人|进)|人身自由|定罪|入刑|治罪",
    "L04.idiom": "(?:金融|经济|债务|信用)(?:犯罪|安全|案件|稳定)(?:调查|侦查|处置|管理|监督|办公)?(?:科|处|局|办|中心|组|大队|支队)|(?:派驻|驻|借调).{0,4}(?:法院|公安|银行|检察)|执法(?:人员|队|局|证)|奉.{0,4}(?:上级|总局|法院|公安).{0,4}(?:命令|指示|要求)|国家(?:机关|干部|授权)",
    "L05.idiom": r"费用?.{0,8}(?:记|算|挂|摊)(?:在|到).{0,3}(?:你|您)|(?:利息|欠款|金额|本金).{0,10}(?:每|按)(?:天|日|小时|二十四小时|24小时|周).{0,8}(?:涨|加|翻|增|滚)|越(?:拖|晚|往后).{0,4}越(?:多|高|贵)|(?:涨|翻).{0,3}(?:百分之|[一二三四五六七八九十\d]+倍)",
    "L07.idiom": "知道(?:你|您|他|她).{0,8}(?:欠|的事|债|为人|不还|赖)|(?:新娘|新郎|未婚夫|未婚妻|主任|师傅|队长|班长|组长|校长|园长|娃|爹|娘|姥姥|姥爷|婶|嫂|舅|岳).{0,14}(?:知道|很熟|问候|招呼|聊|说一|谈|看看|评)|(?:在|到|去).{0,8}(?:厂|村|公司|单位|小区|学校|食堂|广场|门口|车间|菜市场).{0,8}(?:广播|传单|喊|贴|宣传|拉|闹|举牌|播放)|(?:打|拨|发)过去.{0,4}(?:问候|聊|说|问)|(?:叫|让|要|喊|找).{0,4}(?:哥|姐|爸|妈|爹|娘|叔|弟|妹|老人|家里).{0,8}(?:擦屁股|还|出来|顶|扛|出钱|解决)|爹妈养|父母养|给(?:你|您)(?:家|父母|爸妈|祖宗)丢",
    "L08.idiom": "是不是(?:个)?男人|是(?:个)?(?:男人|爷们)就|连这点钱|睡得着|擦屁股|嘴硬|害臊|丢(?:祖宗|先人|八辈|脸)|(?:离了?婚|没文化|没本事|没钱)的(?:女人|男人|人)|(?:你|您)(?:也)?有脸|好意思(?:吗|不还|说)|要点脸|装逼|扯淡|放屁|胡说八道|撒谎|骗人|没种|算什么(?:东西|男人|本事)",
    "L09.idiom": "签证官|移民官|(?:娃|孩子|儿子|女儿|小孩).{0,8}(?:没戏|当兵|入党|当老师|毁在|怪(?:你|您)|受罪|没学上)|(?:老板|单位|公司|领导).{0,14}(?:还会用|留(?:你|您)|怎么看|敢用|处分|约谈)",
    "L10.idiom": "再给(?:你|您).{0,8}(?:分钟|小时|钟头|一次机会)|(?:到点|时间一到|过了这个点).{0,6}(?:我|就|不)|点前.{0,8}(?:看不到|不见|没到|没有|必须|不还)|(?:自己|你)看着办|最后问(?:你|您)|倒计时",
    "L11.idiom": "(?<!您的)(?<!您在)(?<!一笔)(?<!这笔)(?<![该在])(?:借呗|花呗|微粒贷|网贷|现金贷|小额贷)(?!款?(?:账户|账单|欠款|余额|合同|债|逾期|借款|公司|业务|的?(?:欠|余|账|债|逾)|已|尚|仍|本金|利息))|套现|(?:弄|凑|搞|找|筹)(?:到|点|些|出)钱(?!包)|凑钱|(?:亲戚|朋友|同事|家里|老乡|同学).{0,8}(?:转一圈|走一圈|问一圈|凑|张嘴|张个嘴|开口|拿点|支援)|(?:戒指|首饰|手机|电脑|包|车|房|金).{0,6}(?:卖了|卖掉|当了|当掉|押了)",
    "L12.idiom": "私户|私人账|(?:走|用|转|发)我的?.{0,3}(?:微信|支付宝|账户|账号|卡|私)|省(?:得|去|下|了).{0,6}(?:手续费|税)|(?:收据|收条).{0,4}(?:我)?手写|别(?:让|告诉)公司",
    "L13.idiom": "(?:司法|法律|法院|重要|机密)(?:文书|文件|信函)?.{0,3}(?:快递|专递|包裹|快件)|(?:小学|中学|初中|高中|大学|战友|发小|老乡).{0,6}(?:同学|还记得|是我|聚会)|还记得我吗|猜猜我是谁|(?:退费|返现|补偿|理赔|中签).{0,6}(?:资格|名额|成功)|按[1一]键?(?:确认|领取|查)",
    "L14.idiom": "年前的?(?:债|欠|账|贷款).{0,10}(?:照样|也|还是|仍|依然|一样|都)|激活|(?:债|账).{0,4}跟着?(?:你|您)?一辈子|(?:过了|超过).{0,6}(?:三年|时效|期限).{0,6}(?:也|照样|一样|还是)",
    "L15.idiom": "监管.{0,8}(?:有人|熟|认识|不怕|管不|不敢)|(?:投诉|举报|律师|12378).{0,6}(?:的|什么|那些|那套).{0,8}(?:吃亏|白|别整|省|不好使|去吧|试试)|(?:吃亏|倒霉)的(?:是|还是)(?:你|您)|(?:投诉|举报|告)去吧|(?:随便|随你|尽管|爱).{0,4}(?:投诉|举报|告|还不还)|(?:账单|合同|明细|证据|凭证|资料).{0,4}(?:不给|不会给|没有给|不提供|不用看|不能给)|少来这套|轮不到(?:你|您)",
    "L16.idiom": r"(?:早上|早晨|清晨|[一二三四五六七八九十\d]+点).{0,4}打到|(?:轮班|轮流|专人|专门).{0,6}(?:看着|守|盯|跟)|(?:看着|守着|盯着|跟着)(?:你|您)",
    "L18.idiom": "(?:得了|生了|查出).{0,6}(?:病|癌).{0,8}(?:更|也得|也要|赶紧|先还|照)|(?:icu|医院|病房|病床|手术台|坟|棺材).{0,8}(?:也得|也要|先把|照样)|(?:外来|打工|农民工|乡巴佬|山沟|乡下|穷地方|外国).{0,6}(?:最|就是|都|不讲|没)|(?:你们|这些)(?:这|那)?(?:种|些|帮|群)?.{0,8}(?:最不|没信用|不讲信用|没素质)",
    "L07.visit": "(?:派|前往|赴|至|到|去).{0,6}(?:贵|您|你).{0,3}(?:单位|公司|府上?|家中?|住所|学校|父母)(?!.{0,6}(?:寄|核实|送达|电话号码)).{0,6}(?:走访|催收|拜访|面谈|找|说明|了解|核实|进行|$)|至贵单位",
    "L05.plain": "(?:涨|变|滚)成.{0,6}[万千百倍]|(?:下周|下个?月|明天|过几天)就.{0,3}(?:变|涨|翻|是).{0,6}[万千百倍]|补交.{0,10}费",
    "L04.plain": "我是.{0,4}(?:高院|中院|最高法|省院)|(?:省|市|区|县)(?:高|中)?院的",
    "L09.plain": "不想.{0,4}(?:失业|丢工作|丢饭碗|被开除|被辞)",
    "L10.plain": "(?:过后|之后|过了|逾时).{0,3}不再?受理|就是最后一[天次]|后果.{0,4}承担不起",
    "L13.plain": "(?:社保|医保|银行|微信|信用卡|身份|快递)?(?:账户|信息|卡)(?:出现)?异常|(?:包裹|快递).{0,4}海关",
    "L14.plain": "不受时间限制|[一二三四五六七八九几数十\\d]+年后?.{0,4}(?:照样|也|还是|仍)(?:追|要|得还|找|有效)|没有.{0,2}(?:诉讼)?时效|永远(?:都)?(?:要|得|有效)|(?:签|写).{0,8}(?:书|字|条).{0,10}(?:一笔勾销|勾销|清零|作废|算了)",
    "L15.plain": "不接受.{0,4}(?:异议|投诉|协商|质疑)|白费(?:功夫|力气|劲)|(?:就算|即使|哪怕)(?:你|您)?.{0,8}(?:投诉|举报|告|找律师|反映)|无权.{0,8}(?:异议|投诉|质疑|拒绝|查询)|没有用的?$|到哪里?都没用",
    "L16.plain": "不间断|一清二楚|几点(?:上|下)班|走哪条路|(?:走|跑|逃|搬|躲)到哪|(?:无论|不管).{0,8}(?:找到|找得到)",
    "L01.plain": "没有?.{0,4}好下场|(?:什么|啥)下场|(?:待|呆|混|住|活|做|干)不下去|全(?:小区|村|单位|公司)的?人(?:都)?(?:知道|看)",
    "L20.idiom": "(?:保|包)(?:你|您).{0,6}(?:征信|没事|通过|干净|不上)|干干净净",
}

ZH_EVENT: dict[str, str] = {
    "L03.idiom": "(?:诉讼|官司|起诉|司法|法律|执行|保全)(?:程序|流程|手续|措施)?.{0,4}(?:已经?|正式|马上|即将|随时|全面).{0,3}(?:启动|开始|开启|立案|展开|进行)|(?:启动|进入|走上|开启|提起)(?:了)?(?:诉讼|司法|法律|执行|强制|仲裁)(?:程序|流程|阶段)?|(?:房子?|房产|车子?|财产|存款|工资).{0,10}(?:上拍|拍卖|法拍|收走|抵债|归我们|没了|保不住)|告上|把(?:你|您)告|收到传票|等着?(?:收|接)(?:到)?(?:通知|传票|起诉)",
}

EN: dict[str, str] = {
    "L01.idiom": r"bad luck|(?:sad|pity|terrible|tragic|awful) to (?:lose|see)|(?:come|stop|drop|swing)(?:s|ing)? (?:by |over |round |around )?(?:and )?(?:say (?:hello|hi)\b|in person|to see you)|\bi (?:saw|drove|drive|walked|walk) (?:past|by|you\b|outside|at your)|nice (?:curtains|car|house|kids|family|dog|garden) ?(?:you|there|\.|$)|don'?t say (?:i|we)\b|stiff (?:us|me)|before (?:somebody|someone|something bad)|protect (?:you|your family) from|wouldn'?t want (?:anything|something)|keep(?:ing)? (?:you|your family|your kids) safe|skull|bleed",
    "L02.idiom": r"wearing orange|orange jumpsuit|rap sheet|criminal record|law enforcement|prosecutor|\ba knock (?:from|on)|\bdo (?:some )?time\b|serve time|the slammer|the clink|\bfelon|\bcuffs|\bguilty\b",
    "L04.idiom": r"(?:special|federal|state|government|county|senior|fraud|criminal) (?:investigator|agent|examiner|prosecutor|marshal|auditor)|investigator (?:for|with|from)|(?:clerk|bailiff|marshal|magistrate) (?:of|from|with|for) the|(?:recovery|collection|enforcement) (?:arm|wing|branch|division) of|badge number|deputi[sz]ed|in the name of the law",
    "L05.idiom": r"(?:tack|slap|stick|pile)(?:s|ed|ing)? .{0,20}\bon(?:to)?\b.{0,20}(?:every|each|for|your)|(?:his|her|their) (?:loan|debt|card|bill|balance) is (?:on you|yours|your)|(?:grows?|growing|climbs?|balloons?|snowballs?) (?:by|every|each|daily|hourly)|\d+ ?(?:%|percent) (?:per|every|each|a) (?:day|week|hour)|surcharge",
    "L06.idiom": r"good luck (?:ever )?(?:renting|getting|finding|buying|borrowing|with (?:your|a|any))|(?:after|when|once) (?:we'?re|we are|i'?m) (?:done|finished|through)|make your (?:credit|report|score|file)\b|credit (?:report|file|score|history) .{0,16}(?:war zone|wreck|ruins|horror|nightmare|disaster)|unbankable|persona non grata",
    "L07.idiom": (
        r"(?:drop|give|shoot|send) (?:your|his|her) (?:mom|mum|mother|dad|father|boss|wife|husband|sister|brother|family|employer|manager|parents|folks)\b.{0,14}(?:line|call|note|text|ring|message|letter|buzz|mail)|(?:guys|people|folks|girls|ladies|men|team|crew|members|parents) (?:on|in|at|from|of) (?:your|the) (?:\w+ )?(?:shift|team|crew|club|gym|class|pta|floor|street|block|building|league|parish|choir|plant)|\bpta\b|notice ?board|bulletin board|lamp ?posts?|flyers?\b|posters?\b|mugshot|"
        r"(?:debt|name|photo|face|picture) (?:is|are|will be|goes|going) (?:going )?up\b|(?:hears?|knows?) (?:all )?about (?:this|your debt|what you)|(?:is|are|'re) going to (?:hear|find out|know) |(?:pastor|priest|rabbi|imam|coach|teacher|landlord|boss|mother|mom|mum|dad|father|wife|husband|parents) (?:would|will|might) be (?:\w+ )?(?:disappointed|ashamed|shocked|upset|angry|interested|happy|proud|surprised|devastated)"
    ),
    "L08.idiom": r"\b(?:junkie|addict|drunk|crackhead|hobo|tramp|peasant|redneck|hillbilly|thug|punk|trash|sucker|sweetheart|sweetie|honey|darling|missy|sonny|buddy|pal|kiddo)\b|making (?:up )?excuses|sob stor(?:y|ies)|real (?:man|woman|adult)\b|yourself in the (?:mirror|eye)|parents raise|what'?s wrong with you|are you (?:deaf|dumb|blind|slow|kidding)|can'?t you (?:read|count|understand)",
    "L09.idiom": r"(?:hr|employers?|bosses|companies|firms?) (?:tends?|likes?|usually|often|always) (?:to )?(?:let|fire|sack|get rid|dump|drop)|(?:green card|visa|papers|job|licen[cs]e|career|custody) (?:is|are|will be|would be|could be|can be) (?:gone|over|history|revoked|pulled|toast|cancel)|(?:kids|children|family|daughter|son|wife) (?:will be|are) the ones|(?:kids|children|family|daughter|son) (?:will|would|are going to) (?:suffer|pay the price|starve|go hungry|go without)",
    "L10.idiom": r"clock(?:'?s| is) ticking|\b(?:sixty|thirty|ninety) minutes?\b(?!.{0,12}(?:call|chat|talk|survey))|if (?:i|we) don'?t (?:see|have|get|receive) (?:the |my |our |your )?(?:money|payment|cash)|now or never|or (?:it'?s|that'?s|the deal is) (?:off|over|gone)",
    "L11.idiom": r"hit up|(?:apps?|places|companies|lenders|sites|websites) that (?:will |can |'ll )?(?:lend|loan|give)|sell (?:the|your|that|some|everything|anything|it)\b|(?:use|tap|raid|dip into|take from|empty|spend) .{0,24}(?:\bfund|savings|pension|inheritance|piggy|nest egg|retirement)|surely (?:someone|somebody)|second job|donate (?:blood|plasma)",
    "L12.idiom": r"\bmy (?:\w+'s )(?:account|card|phone|number|cash ?app|venmo)|keep this (?:off|between|quiet)|here(?:'s| is) my (?:cell|mobile|private|personal)|no receipt\b|off the record|don'?t tell (?:the|my) (?:office|boss|company|manager)",
    "L13.idiom": r"(?:it'?s|this is|i'?m) \w+ from (?:yoga|work|school|church|the gym|college|high school|the club|down the road|next door)|could(?:n'?t| not) deliver|deliver your (?:box|parcel|package|order)|approved for (?:a|an) (?:\w+ )?(?:reward|grant|refund|prize|rebate)|remember me\b|guess who|long time no see|unclaimed (?:funds|money|property|package)",
    "L14.idiom": r"debts? (?:don'?t|do not|doesn'?t|never) (?:die|age|disappear|go away|expire|vanish)|restart (?:the|your) (?:account|clock|debt)|reset the clock|(?:follow|follows|haunt|haunts) you to (?:the|your) grave",
    "L15.idiom": r"waived? (?:your|the|all) rights?|(?:don'?t|do not|won'?t|never) (?:send|give|provide|have to (?:send|show|prove|give)) (?:you )?(?:any )?(?:proof|evidence|documents|paperwork|verification|copies)|(?:cfpb|fca|afca|ombudsman|regulators?|government|attorney general|ftc) (?:can'?t|cannot|won'?t|will never|doesn'?t) (?:touch|stop|help|care|save|scare)|complain (?:all you|as much|away)|go ahead and (?:complain|sue|report)|you know you owe|who(?:'s| is) going to believe",
    "L16.idiom": r"light(?:ing)? up your|every (?:\w+ )?(?:minutes|hours|few minutes)\b|\bi see you|you(?:'re| are) home\b|see your (?:car|lights?|curtains)|saw you (?:at|in|come|leave|go)|(?:sit|wait|stand|camp|park)(?:ting|ing)? outside|blow(?:ing)? up your phone|(?:ten|twenty|fifty|hundred) times",
    "L18.idiom": r"(?:chemo|cancer|sick|dead|dying|pregnant|disabled|ill|hospital|funeral|baby) or not|trailer (?:park|trash)|you folks|(?:were|was) going to die|should have died|poor people|welfare queen|go back to (?:your country|where)|your accent|learn english|at your age|senile",
    "L05.plain": r"now and .{0,12}(?:will be|by|becomes?) .{0,14}(?:next|by|tomorrow|in)|(?:will be|becomes?) (?:\w+ )?(?:thousand|hundred|grand|\$\d[\d,]*) (?:next|by|tomorrow)|(?:pay|owe|cover|plus|add|another|additional) .{0,16}(?:visit|travel|collection|processing|administrative?|handling|field|agent|penalty) (?:fees?|charges?|costs?)",
    "L06.plain": r"(?:won't|will not|never) (?:even )?be able to .{0,28}(?:hotel|plane|fly|bike|travel|borrow|board|apartment|flat)|(?:put|placed|listed|entered|appear|are|is|on) .{0,16}(?:defaulters?'?|debtors?'?|deadbeats?|non-?payers?|bad credit) (?:list|register|registry)|credit (?:\w+ )?(?:can|could|will) never|never (?:be )?(?:repair|restor|fix|recover)\w*|(?:refuse|reject|turn(?:ed)?) (?:you )?(?:down )?(?:permanently|forever|for cards|for life)",
    "L07.plain": r"(?:taped|glued|nailed|pinned|stuck|posted) to your|on your front door|want (?:your|the|his|her) .{0,30}\bto (?:know|hear|find out|see|learn|read)\b|place of (?:employment|work|business)\b|(?:your|the) (?:whole|entire) (?:building|floor|street|town|family|office|team|village)|(?:joined|added|found|friended|messaged) your (?:\w+ ){0,3}(?:on facebook|group|chat|cousin|friends?|sister|brother|boss)|your (?:market stall|customers|clients|father's|mother's|wife's|husband's)\b.{0,20}(?:firm|office|work|chat|know|hear|$)",
    "L09.plain": r"(?:stay|remain) employed|(?:like|want|wish|hope) to keep your (?:job|position|house|home|kids|children)|this shame|(?:worried|afraid|scared|concerned|bothered|care) (?:that |about )?your (?:kids|children|son|daughter|family|wife|husband)|have your (?:company|employer|boss|manager) (?:dismiss|fire|sack|discipline|dock|suspend)|adoption|residence card|year-?end review",
    "L10.plain": r"(?:today|this) is it\b|(?:can't|cannot) afford the consequences|face the consequences",
    "L11.plain": r"take out (?:a |another |some )?(?:second )?(?:mortgage|loan|credit|cash)|mortgage (?:on|against) your",
    "L12.plain": r"my (?:payment|qr) code|delete (?:it|this) (?:afterwards|after|when)|(?:add|message|text|contact|write|find|dm|reach) me on|between (?:us|ourselves|you and me)\b",
    "L13.plain": r"problem with your (?:social security|passport|taxes|medicare|bank account|visa)|(?:in|at|by) customs|(?:court|legal|official|undelivered|registered|certified) (?:letter|package|envelope|parcel|mail)\b.{0,24}(?:call|collect|waiting|pick|sign)|undelivered|power company|class president|reunion",
    "L14.plain": r"no (?:age|time) limit|chase it in|in (?:ten|twenty|thirty) years|(?:past|slate|everything|history|old debt) is (?:wiped|forgotten|erased|clean)|wiped out|accept the debt|acknowledge (?:the|this|your) debt|still good\b|no statute of limitations",
    "L15.plain": r"save your breath|even if you (?:complain|dispute|report|hire)\b.{0,40}(?:still|nothing|anyway|pay)|makes? no difference (?:who|whom|where)|never see (?:it|the contract|the agreement)|stop messing",
    "L16.plain": r"without a break|what time you (?:leave|get|go|come)|which (?:road|route|bus|way) you|wherever you (?:go|are|hide|move)|change (?:your )?number|dialer finds|you were at",
    "L18.plain": r"none of (?:our|my) business|pay anyway|god'?s (?:punishment|judge?ment)|divine punishment|(?:even )?after your death|when you'?re gone|off the hook",
    "L02.plain": r"put you away|jumpsuit|(?:police|cops|authorities) (?:have|know|got) your (?:address|name|photo|file)",
    "L01.plain": r"(?:nobody|no one) who .{0,24}(?:ends|walks|gets away)|ends? (?:up )?(?:well|badly) for|ends up well|check your brakes|don'?t come asking|goes? missing|run into us|easy to talk to|pray you|this sort of problem|insurance covers",
    "L08.plain": r"all smiles|like an? (?:king|queen|victim)|cheapskate|some nerve|dregs|\bworm\b|broke people|act like (?:a |they'?re )?human|spineless",
    "L20.idiom": r"under the radar|(?:record|report) go away|scrub(?:bed)?(?: \w+)? clean|(?:record|report|file|credit|slate) (?:will be |gets |is )?(?:wiped|scrubbed|spotless|erased|cleared)|fix your credit|like it never happened",
}

EN_EVENT: dict[str, str] = {
    "L03.plain": r"court has (?:accepted|taken|received|registered|listed)|(?:prepare|ready) your defen[cs]e|on the docket|(?:seizure|eviction|garnishment|repossession|foreclosure) (?:papers?|order|notice|is|are|will)|touch your (?:savings|money|account)|(?:file|case|papers?) to the (?:clerk|court|judge)|immediate (?:seizure|repossession|garnishment|legal|enforcement)",
    "L03.idiom": r"accounts? (?:will|is going to|are going to|gets?) (?:be )?(?:locked|blocked|drained|emptied|wiped)|locked down|(?:papers?|paperwork|file|case|claim) .{0,12}(?:before|in front of) (?:the |a )?(?:judge|court|magistrate)|with your name on it|in litigation|litigat\w+|small claims|lawsuit\b|\bsuit\b against|change (?:your|the) locks",
}
