"""Threats, untruths and pressure as concepts: who does what to whom, in whatever words.

A concept is built of words for an actor, an act and a target and not of one phrase, so that a new
wording of an old threat is known too. The tables stand beside those of ``rules.phrases`` and are
read in the same way: what begins there may be denied (``rules.denial``), and what needs a fact is
true where the fact is. Grounds per category: see ``rules.phrases``.
"""

from __future__ import annotations

# Words, Chinese

_YOU = "(?:(?:你们?|您)的?)"
_KIN = (
    "(?:单位|(?<![我本司贵该们])公司|领导|老板|上司|老总|经理|主管|厂长|书记|村长|前台|人事|hr|同事|邻居|街坊|乡亲|老乡|亲戚|亲友|亲属|亲人|朋友|好友|闺蜜|"
    "家人|家里人?|家属|家长|父母|爸妈?|妈妈?|父亲|母亲|老婆|老公|妻子|丈夫|爱人|媳妇|对象|女朋友|男朋友|女友|男友|前妻|前夫|"
    "孩子|子女|儿女|儿子|女儿|小孩|兄弟|姐妹|哥哥?|弟弟?|姐姐?|妹妹?|爷爷|奶奶|外公|外婆|岳父|岳母|丈人|丈母娘|公公|婆婆|公婆|表[哥弟姐妹]|堂[哥弟姐妹]|"
    "叔叔|舅舅|姑姑|同学|室友|老师|班主任|学校|村里|全村|村委|居委|社区|物业|业主|小区|房东|紧急联系人|联系人|通讯录|熟人|教会)"
)
_TELL = (
    "(?:告诉|告知|通知|联系|转告|打(?:个)?(?:电话|给)|致电|拨打|发(?:个)?(?:短信|消息|信息|函|邮件|微信|给|到)|写(?:封)?信|寄(?:给|到|信)|讲给|说给|说说|说一?声|说清|聊聊|谈谈|聊一聊|谈一谈|坐坐|"
    "反映|沟通|评评理|问问|打听|走访|拜访|上门|登门|群发|留言|传达|汇报|举报|曝光|公布|公开|宣传|通报|找|求证|核实情况)"
)
_KNOW = "(?:知道|知情|听说|听到|看到|看见|收到|接到|晓得|明白|了解到|见识)"
_PAY = "(?:还|偿|付|交|缴|给|出|结清|清偿|处理|到账|打款|汇款|转账)"
_SOON = "(?:马上|立刻|立即|即刻|今天|今日|今晚|明天|明日|明早|后天|下周.?|本周|很快|随时|即将|将(?!来)要?|就要?|已经?|正在|准备|打算|决定|一定|必然)"
_ILL = "(?:生病|病了|有病|癌症?|绝症|抑郁症?|住院|残疾人?|残废|怀孕|孕妇|哺乳|坐月子|瘫痪|化疗|精神病|手术)"

ZH: dict[str, str] = {
    # Harm: somebody or something of the person is hurt, or it is hinted at
    "L01.harm": (
        "(?:打|砍|剁|捅|杀|揍|踹|扇|弄|整|废|搞|做|干)(?:死|残|掉|断|烂|惨)|剁(?:了|掉|你|您)|捅(?:你|您|了)|(?:挨|欠)(?:揍|打)|揍(?:你|您)|扇(?:你|您).{0,3}(?:耳光|巴掌)|"
        "绑(?:了|架|走)|拳头|刀子|(?:你|您).{0,4}(?:手指|胳膊|手脚|腿|脑袋|骨头|眼睛|命).{0,6}(?:不?想?要|断|没|留|保|卸|算)|(?:卸|断|废).{0,3}(?:手指|胳膊|手|腿|脚)|生不如死|"
        "(?:你|您).{0,3}(?:车|店|房子?|玻璃|窗户?|大门|门|摊子?|铺子?).{0,8}(?:砸|烧|划|炸|泼|拆|刮|毁|还想不想要)|(?:砸|烧|炸|泼|拆|毁|刮|划)(?:了|掉|烂)?(?:你|您)|泼(?:漆|油漆|粪|水)|"
        "(?:被|让|给)车撞|撞死|(?:缺|少)条?(?:胳膊|腿)|见血|血债|灭(?:你|口|门)|收尸|上西天|见阎王|半身不遂|躺(?:进|着进|到)?医院|进(?:医院|icu|太平间)"
    ),
    "L01.hint": (
        "(?:走|夜)?(?:夜路|路上|出门).{0,8}(?:小心|当心|看|身后|背后|注意)|(?:看|小心|当心|注意).{0,4}(?:身后|背后|后背)|(?:小心|当心|注意).{0,4}(?:全家|家人|老婆|孩子|老小|安全|人身)|"
        "(?:出|有)了?(?:什么|点|个)?(?:意外|事|三长两短|好歹).{0,8}(?:没人|不|可|别|怨|怪|负责)|不(?:怕|信).{0,4}试试|有(?:你|您)好(?:受|看|果子)|(?:有|让|等着)(?:你|您).{0,3}哭的?|"
        "(?:拿|对)(?:你|您).{0,2}(?:没办法|没辙|不客气|不手软)|(?:有的是|自有|多的是).{0,2}(?:办法|手段|法子|招|人)|(?:对付|治|修理|收拾|教训|伺候|招呼)(?:你|您|不了)|"
        "(?:没|失去|耗尽|快没)(?:什么|了)?耐心|脾气.{0,4}(?:不好|大|上来)|(?:什么|啥)(?:事|都).{0,3}(?:干|做)得出|(?:弟兄|兄弟|哥们|人手|手下|混混|道上|社会上|黑道|黑社会).{0,12}(?:聊|找|等|来|陪|会|认识|拜访|问候)|"
        "里面(?:刚)?出来|刚出狱|换.{0,3}锁.{0,4}没用|(?:尝|吃)(?:尝|点|到)?.{0,4}(?:苦头|后悔|厉害|滋味|教训)|生死(?:自负|由命)|不得安宁|鸡犬不宁|家破人亡|别怨(?:我|人)|撕破脸|鱼死网破|同归于尽|"
        "(?:有人|我们的人).{0,4}(?:认识|认得|盯|惦记)(?:你|您)|(?:你|您)(?:自己)?(?:掂量|想清楚|看着办)|敬酒不吃|不吃罚酒|干过.{0,4}(?:的事|一次)|没轻没重|下手|躲.{0,6}(?:砸|打|砍)"
    ),
    # Police and prison
    "L02.police": (
        "(?:手铐|牢狱|监狱|班房|铁窗|囚|坐牢|吃牢|牢饭|蹲(?:号子|局子|大牢|监)|号子|看守所|拘留|拘捕|刑拘|批捕|抓捕|逮捕|通缉|追逃|抓人|案底|前科|刑侦|刑警|劳改|判刑|服刑|入狱|重刑|缓刑)|"
        "(?:警察|公安|民警|警方|警官|警车|派出所|经侦)[^,，]{0,10}[,，]?.{0,6}(?:上门|去|来|到|路上|找|抓|带|传唤|立案|处理|调查|备案|电话|登记)|(?:移交|移送|交给|报(?:给|到|送)?|向|找|让|请|叫|通知).{0,6}(?:警察|公安|刑侦|经侦|警方|派出所|检察)|"
        "报(?:了)?警|报案|(?:构成|涉嫌|属于|就是|算是|这是|触犯|犯了?|犯下).{0,6}(?:犯罪|诈骗|盗窃|侵占|刑法|罪|违法)|判(?:你|您)?.{0,2}(?:年|刑)|吃官司|(?:刑事|治安)(?:责任|处罚|案件|追究|犯罪|立案)|"
        "(?:想)?进去.{0,4}(?:蹲|几年|待|住|反省|过年)|在里面.{0,6}(?:后悔|哭|过年|待|蹲)|牢里|狱中|法网|(?:留|有)案底|犯罪"
    ),
    # Who we are not
    "L04.who": (
        "(?:我是|我们是|我这(?:里|边)(?:是)?|这(?:里|边|儿)是|您好.{0,2}我是|本人是|本(?:院|局|所|厅|机关|庭)|来自|代表|奉).{0,10}(?:法院|法庭|法官|立案庭|执行[局庭员法]|书记员|仲裁|公安|警|刑侦|网监|网安|反诈|检察|司法|律师|律所|公证|政府|街道|综治|信访|居委|社区|税务|社保|"
        "监管|监督|银保监|银监|金监|金融局|央行|人民银行|人行|征信中心|征信局|国家|中央|部委|海关|移民|民政|纪委|监察|调查员|银行.{0,4}(?:经理|行长|主任|法务|信贷|总行|风控|工作人员)|开户行|你(?:的)?.{0,3}银行|贷款银行|消协)|"
        "(?:公安|警方|法院|司法|政府|监管|国家|银保监|检察|金融监管).{0,6}(?:机关|部门|总局|机构)?(?:委托|授权|指派|指定|批准|合作|联合|特派)|(?:受|由|经|奉).{0,10}(?:公安|警方|法院|司法|政府|监管|国家|金融监管|检察).{0,8}(?:委托|授权|指派|指定|批准|之命)|"
        "(?:国家|中央|全国).{0,8}(?:清理|清收|债务|追债|追缴|治理)(?:办公室|中心|小组|委员会|局)|(?:清收|专案|执行)(?:专?班|小组|大队|支队)|本局通知|法院委托|区法院|网络侦查"
    ),
    # What may not be added
    "L05.more": (
        "(?:罚款|滞纳金|违约金|罚息|利息|手续费|服务费).{0,8}(?:每[天日晚]|一天|按天|上不封顶|翻|倍|百分之[二三四五六七八九]百|[2-9]00%)|(?:每[天日晚]|逾期一天|晚一天|拖一天|多一天|每过一[天晚]|每拖).{0,8}(?:罚|加|收|涨|扣|滞纳|违约|[一二三四五六七八九十百两\\d]+(?:元|块|百))|"
        "(?:催收|上门|调查|差旅|跑腿|资料|车马|辛苦|路费|误工|律师|诉讼|诉讼费律师|油|人工|管理|服务)费.{0,12}(?:由?(?:你|您)|另|加|出|付|承担|元|块|百|千|一共)|(?:加上|另(?:外|需|收)?|还(?:要|得|需)|外加|需|须|要|得).{0,6}(?:支付|付|交|缴|收|出|加).{0,8}(?:上门|调查|差旅|跑腿|资料|催收|车马|辛苦|误工|律师|人工)费|"
        "(?:还|赔|付|变成|涨到|就是|欠).{0,4}(?:[二两三四五六七八九十2-9]|双|翻|好几)倍|翻(?:一|两|几)?(?:番|倍)|多还.{0,4}(?:[一二三四五六七八九十百千万两\\d]+)|不管合同|一分(?:钱)?(?:都|也)?(?:不能|别想|不许)少|利滚利|驴打滚|"
        "(?:爸|妈|父亲|母亲|丈夫|老公|老婆|妻子|爱人|哥哥?|弟弟?|儿子|女儿|父母|配偶|家人|室友|朋友).{0,8}(?:的?(?:债|欠款|钱|账|贷款)).{0,8}(?:你|您)(?:来?还|头上|承担|负责|身上)|父债子(?:还|偿)|夫债妻"
    ),
    # Standing and credit
    "L06.stain": (
        "黑户|黑名册|信用.{0,8}(?:洗不|毁|完蛋|破产|归零|永久|一辈子|这辈子|终身|拉黑|黑了)|征信.{0,6}(?:永久|一辈子|终身|永远|黑|毁|完|洗不)|"
        "(?:失信|老赖|黑名单|不良|欠债).{0,4}(?:系统|平台|库|名册|联盟|共享|人员|名录|档案)|(?:全网|全国|行业|联网|银行).{0,6}(?:通报|拉黑|封杀|登记|公告|黑名单|失信)|"
        "(?:别想|休想|不用想|甭想|没门|都不能|统统别想|再也不能|永远不能).{0,8}(?:贷|借|买房|买车|坐|出国|高铁|飞机|住酒店|办卡|一分钱|工作|考)|(?:坐|出国|高铁|飞机|酒店|买房|买车|贷款|办卡).{0,10}(?:别想|休想|甭想|没门|想都别想)|"
        "(?:孩子|子女|儿子|女儿|后代|下一代|家人|全家|三代|配偶).{0,10}(?:连累|受影响|影响|过不了|不能|别想|泡汤|毁|参军|政审|考公|上学|上不了|名校|贷款)|寸步难行|(?:一辈子|永远).{0,4}(?:抬不起|翻不了|背着)"
    ),
    # Others are told
    "L07.told": (
        f"{_TELL}(?:一?下|过|了|给|到|去)?{_YOU}?.{{0,4}}{_KIN}(?!.{{0,4}}(?:公积金|联系方式))|"
        f"(?:跟|和|向|对|给|让|叫|请|找|问|去|到|上|往|与){_YOU}.{{0,4}}{_KIN}.{{0,10}}(?:{_TELL}|{_KNOW}|说|讲|聊|谈|闹|堵|要钱|要账|讨|等|喝茶|看看|评|还)|"
        f"{_YOU}.{{0,4}}{_KIN}.{{0,6}}(?:(?:会|都|将|要|就|迟早|马上|应该|有权|肯定|还不|也|可能|早晚|已经?|全部?){_KNOW}|{_KNOW}(?:了|你|您|真相|这)|(?:怎么|会怎么)?(?:看|想|说)(?:你|您|她|他|待)|问起|打(?:过)?招呼|我们?(?:已经?|都)?(?:联系|通知|认识|找|掌握))|"
        f"(?:让|叫|要|等).{{0,6}}{_KIN}.{{0,8}}{_KNOW}|(?:让|叫|要|找|请|逼){_YOU}?{_KIN}.{{0,4}}(?:来?还|替|帮|代|偿|出钱|拿钱|付|垫)|{_KIN}(?:替|帮|代|来)(?:你|您).{{0,2}}{_PAY}|"
        f"(?:挨个|逐个|逐一|一个一个|一个个|轮流).{{0,6}}(?:联系|通知|打|问|找)|(?:你|您).{{0,4}}(?:事|事情|情况|丑事|欠款|欠债|债).{{0,6}}(?:讲|说|告诉|捅|抖|传|公布|公开|曝光|抖出).{{0,6}}{_KIN}|{_KIN}.{{0,6}}(?:已经|都|早)知道"
    ),
    "L07.public": (
        "(?:照片|头像|身份证|视频|欠条|借条|信息|名字|姓名|欠款|住址|电话|录音|聊天记录).{0,10}(?:发|贴|挂|放|传|出现|登|曝|公布|公开|印|播).{0,8}(?:群|网|抖音|快手|微博|朋友圈|平台|报纸|门口|墙|街|小区|电视|论坛|空间|贴吧)|"
        "(?:抖音|快手|微博|朋友圈|贴吧|业主群|家长群|同学群|家族群|公司群|群里|网上|互联网|报纸|电视).{0,8}(?:有你|见|看到|会有|出现|曝光|发|挂|留言|公布|通缉)|(?:群发|横幅|大字报|喇叭|花圈|传单|公示|示众|游街|张贴|拉条幅|登报)|"
        "(?:全|整个|半个)(?:村|镇|县|城|单位|公司|厂|校|小区|楼|网|街|家族)子?.{0,8}(?:知道|听|看|认识|笑|传)|(?:到|去|回)(?:你|您)?(?:老家|村里|厂里|学校|单位|公司).{0,8}(?:宣传|闹|喊|说说|坐|等|堵|贴|发)|人(?:品|尽皆知).{0,4}(?:知道|曝)|员工的人品"
    ),
    # Insults
    "L08.insult": (
        "脑子.{0,3}(?:进水|有病|有坑|坏)|不知(?:廉|羞)耻|恬不知耻|厚颜|廉耻|没皮没脸|死皮赖脸|(?:还|也|配)?算(?:个|是)?(?:男人|女人|人|爷们|东西)吗|不配(?:做|当|为|活)|滚(?:远|出|蛋|开|吧)|浪费(?:粮食|空气|资源)|寄生虫|吸血鬼|蛀虫|蟑螂|"
        "下流|瞎了.{0,2}眼|(?:怎么|谁).{0,4}(?:教|养|生)出.{0,3}(?:你|您)|没(?:教养|家教|素质|人性|皮没脸|出息|骨气)|猪狗|猪(?:头|脑|一样)|狗(?:改|叼|眼|屁|腿)|装(?:可怜|死|傻|蒜|疯|孙子|糊涂|聋)|(?:做人|为人|人).{0,8}(?:底线|失败|差劲|这份上|丢份)|"
        "傻(?:子|瓜|帽|叉)|笨(?:蛋|猪)|弱智|智障|脑残|神经病|变态|流氓|人品(?:差|低|有问题|败坏)|良心.{0,4}(?:狗|喂|坏|过得去|不安|何在|呢)|(?:你|您)(?:这|那)(?:种|个|样|副)(?:人|货|德性|嘴脸|东西)|像(?:你|您)(?:这|那)(?:样|种)的|(?:真|太)(?:恶心|差劲|可耻|可笑|没用|丢人)|"
        "可耻|无能|窝囊|孬种|怂|废柴|骗(?:吃|钱|贷)|赖(?:皮|子)|欠债鬼|讨饭|要饭|臭(?:要饭|不要脸|虫|女人|男人)|贱(?:骨头)?(?:货|人|骨)|学人家花|信誉扫地|人格|嘴脸|德行|德性"
    ),
    # Work, children, marriage, residence
    "L09.press": (
        f"(?:{_YOU}|把|让|会|被|要).{{0,6}}(?:辞(?:了|退|掉)|炒(?:掉|了|鱿鱼)|开除|解雇|解聘|下岗|失业|丢.{{0,3}}(?:工作|饭碗|岗位)|撤职|降职)|(?:工作|饭碗|职位|编制|公务员|岗位|前途|事业|执照|资格证).{{0,8}}(?:还想|想不想|要不要|不想要|保|难保|没了|到头|毁|泡汤|丢)|"
        f"(?:保住|丢掉|失去|不想要).{{0,4}}(?:工作|饭碗|职位|编制)|(?:单位|公司).{{0,6}}(?:待不下去|呆不下去|混不下去|辞|刷|开除|开掉|政审)|政审|"
        f"(?:孩子|小孩|儿子|女儿|宝宝|子女|同学).{{0,12}}(?:怎么看|没爸|没妈|抬不起|安心上|被笑|笑话|想想|考虑|前途|以后|欺负|孤儿|影响|还在上学|上学路上|知道家长|学校|放学)|(?:想想|看看|考虑|为了).{{0,4}}(?:孩子|儿子|女儿|小孩|老人|父母|家庭)|"
        f"(?:老婆|老公|妻子|丈夫|家庭|婚姻).{{0,8}}(?:离婚|散|破裂|跑|跟(?:你|您))|离婚|(?:移民局|出入境|签证|居留|绿卡|户口|身份|居住证|工作许可).{{0,10}}(?:取消|关注|吊销|注销|撤|没了|麻烦|影响|还想|遣返|有问题)|遣返|(?:低保|补贴|社保|养老金|救济).{{0,6}}(?:停|取消|没|扣)|抚养权"
    ),
    # Haste
    "L10.haste": (
        f"(?:最后|只剩|仅剩|还剩|剩下).{{0,4}}(?:[一二两三四五六七八九十半\\d]+)?个?(?:小时|分钟|钟头)|(?:过时|过期|逾期|错过)不(?:候|再|补)|(?:今晚|今天|今日|明天|零点|午夜|下班前|天黑前|[一二三四五六七八九十\\d]+点前?|(?:[一二两三四五六七八九十半\\d]+)个?(?:小时|分钟)(?:之?内|后)).{{0,12}}(?:必须|不{_PAY}|不付|无法挽回|关闭|到账|付清|视为|走人|不回电|不回复|否则|没得谈)|"
        f"(?:限|给)(?:你|您)?.{{0,4}}(?:[一二两三四五六七八九十半\\d]+)(?:个)?(?:小时|分钟|天|日).{{0,2}}(?:内|时间|之内)|一(?:分钟|秒|刻).{{0,4}}(?:不能|别想|也不)(?:等|拖|耽误)|(?:一切|全部|所有)?后果.{{0,4}}(?:自负|自己|自行|由(?:你|您))|视为(?:拒绝|恶意|放弃|逃避)|无法挽回|来不及了|没有(?:下一?次|机会|商量|余地)|最后通牒|没得商量"
    ),
    "L11.push": (
        "(?:去|找|向|跟|问|叫|再|先|从(?!不)|上|用|让|下载|办|套).{0,8}(?:网贷|贷款|借款|小贷|平台|借呗|花呗|微粒贷|信用卡|高利贷|现金贷|口子|亲戚|亲友|朋友|同事|家里|父母|爸妈|同学|老乡).{0,10}(?:借|贷|凑|周转|倒|套|刷|还|平|补|垫|拿|要)(?!款)|(?:借|凑|挪|贷|套|当|卖|押|抵押|刷).{0,8}(?:还上|还清|先还|还过来|平了|填上|补上|周转|还给我们|来还|还款|还债)|"
        "(?:把|将|拿).{0,8}(?:卖|当|押|抵押|质押|变卖|典当)(?:了|掉|出去|吧|还|给)|(?:卖|变卖|典当|抵押)(?:掉|了)?(?:肾|血|卵|精|身|房|车|地|器官|首饰|项链|老家|家当|祖宅|嫁妆)|(?:房子?|车子?|首饰|项链|老家|金器|地|手机).{0,6}(?:卖|当|押|抵押)(?:了|掉)|卖.{0,2}(?:也|都)(?:得|要)|挪用|(?:再)?(?:办|开|申请).{0,3}(?:张|个).{0,3}(?:信用)?卡.{0,6}(?:倒|还|套|周转)|"
        "少吃.{0,3}(?:饭|顿)|饭钱|药钱|学费.{0,6}(?:还|先)|房租.{0,6}(?:先|拿来|别交|还)|(?:别|先不|停).{0,4}(?:看病|吃药|交房租|交学费)|以卡养|以贷养"
    ),
    "L12.private": (
        "(?:我(?!司|们|方|公司|行)|我爱人|我老婆|我老公|我朋友|我同事|我妈|我们经理|个人|私人|本人)(?:的|这个?|个人|私人)?.{0,3}(?:微信|支付宝|银行卡|卡|卡号|账户|账号|收款码|二维码|qq|企鹅号|手机号?|红包|花呗)(?!号?尾号).{0,10}(?:转|打|汇|付|收|更快|就行|可以|加|号|上|联系|扫|聊|发|还|是)|(?:转|打|汇|付|发|扫|存|交|微信转|红包发)(?:到|给|进|入|至|在)?我(?!们?(?:公)?司|们公司|方|们的?官方|们的?对公|们(?!.{0,2}个人))|"
        "(?:加|用|扫|私聊|私下|发到?)我.{0,6}(?:微信|qq|企鹅|支付宝|二维码|收款码|卡|私聊|红包)|(?:企鹅号|私聊|私下).{0,6}(?:便宜|转|谈|优惠|解决|联系|给)|(?:不用|别|不要|不必|不|绕过)(?:走|打|通过|用|经过|联系|告诉).{0,4}(?:公司|官方|对公|单位)(?:账户|账号|电话|渠道|平台|网站)?.{0,8}(?:给我|打我|转我|直接|私|现金)|发红包|打我私人|现金给我|直接给我"
    ),
    "L13.pretext": (
        "(?:快递|包裹|快件|邮件|快递员|外卖|物流).{0,12}(?:退回|领取|取|签收|回电|丢失|不详|下来|拿|滞留|到了|已到|扣|代收|理赔)|(?:退税|补贴|奖品|礼品|中奖|红包|奖金|退款|补偿金|福利|社保卡|医保卡|积分).{0,12}(?:领|回电|待领|发放|冻结|停用|兑|过期)|(?:恭喜|祝贺)(?:你|您)(?:获得|中|被|赢|入选|抽中)|"
        "我是(?:你|您).{0,8}(?:同学|朋友|战友|亲戚|老乡|邻居|表[哥弟姐妹]|孩子.{0,4}老师|班主任|领导|同事|叔|舅)|我是.{0,6}(?:快递员|外卖|送货|物业|水电|燃气|房东|中介|猎头|班主任|医生|护士|老师|客户)|(?:这里|我们?|这边)是.{0,6}(?:物业|快递|医院|学校|社保局|人力资源|招聘|保险公司|电力|燃气|移动公司|联通|电信|幼儿园|房管|交警)|(?:医院|学校|幼儿园|社保局|医保局|交警队|人力资源公司|猎头|物业|招聘).{0,6}(?:通知|邀请|来电|请)|(?:家属|孩子|父母|家人|亲人).{0,4}(?:住院|出事|受伤|车祸|急救|发烧).{0,8}(?:速|回电|马上|来|联系)|(?:邀请|通知)(?:你|您)面试|漏水"
    ),
    "L14.old": (
        "(?:债|欠款|欠债|债务|账).{0,6}(?:没有|没|哪有|不存在|不会|永远|永久|无).{0,4}(?:过期|期限|时效|失效|有效|作废)|(?:没有|没|不存在|不管|无所谓|管它).{0,3}(?:时效|过期|期限)|时效.{0,8}(?:过了|没用|没关系|无所谓|照样|不影响|吓|骗|不算|都)|不管(?:多少|过了多少|过多少|几)年|(?:多少|几十|再过多少)年.{0,4}(?:也|都)(?:得|要)还|"
        "(?:先|随便|只要|就)?(?:还|付|转|交|存).{0,2}(?:[一二两三五十百\\d]+)(?:块|元|毛|分|百)钱?.{0,8}(?:表示|诚意|就行|意思|不影响|没关系|激活|就好|证明|别的)|表(?:示|个)?.{0,2}诚意|(?:签|写|按|盖|摁).{0,6}(?:字|名|承诺书?|手印|章|确认).{0,10}(?:就没|就(?:不|算|行|好|完)|以后就|旧账|不找|没事|了事|拉倒)|死了(?:都|也)(?:要|得)还|父债子"
    ),
    "L15.rights": (
        "(?:没|无|没有|有什么|哪有|哪来)(?:有)?(?:资格|权利|权力|权)(?:提|问|投诉|异议|拒绝|质疑|查|要求|看|知道|说不|讨价|选择|协商|不)|(?:异议|投诉|申诉|质疑|申请|举报).{0,8}(?:一概|一律|概|统统|都|也|先|得先|照样).{0,4}(?:不|没|无|得|要|白|还)|(?:告|投诉|举报|反映|找|请|申诉).{0,8}(?:也|都|是|白|没)(?:没用|没人|白|无用|不管用|没意义|一样|不怕|不好使)|没人(?:会)?(?:管|理|受理|信)|"
        "(?:投诉|举报|告|申诉|找监管|请律师|找律师|打12378).{0,10}(?:只会|更|作废|取消|麻烦|后果|加罚|加倍|不给|得不到|翻脸|没好|试试|浪费|就没|别想)|(?:撤销|撤回|撤掉|取消|撤)(?:你|您)?的?(?:投诉|举报|申诉).{0,10}(?:否则|不然|才|再|就|要不)|(?:浪费|省省|白费).{0,4}(?:时间|钱|力气|口舌)|(?:请|找|雇).{0,3}律师.{0,8}(?:浪费|没用|没必要|白|干嘛|多此|何必|吓)|(?:别|不要|不用|少|甭)(?:跟|和|给)(?:我|我们)(?:讲|谈|说|扯|提).{0,4}(?:权利|法律|规定|条件|道理)|"
        "(?:没必要|不用|无需|别|不必|不许|不准|不给|不能|不让|没空)(?:再)?(?:看|查|要|问|提供|给你看|给您看|核实|核对|质疑).{0,4}(?:合同|明细|账单|证据|凭证|金额|依据).{0,6}(?:照|数|还|行|$)|(?:不能|不许|不准|不得|禁止|休想)(?:投诉|举报|提异议|请律师|找律师|质疑|反悔|协商|拒绝)|没资格|少废话"
    ),
    "L16.chase": (
        "(?:电话|手机|短信|微信).{0,8}(?:一直响|不停|打爆|轰|呼死|响到|打到|没完|停不|一天|几十|上百|不断)|(?:打|拨|发|响|呼).{0,6}(?:到|直到).{0,6}(?:接|还|通|怕|关机|烦)|(?:换|拉黑|关机|躲|藏|搬|跑).{0,8}(?:也|都)?(?:没用|找得到|照打|照样|跑不|逃不)|不接就|(?:二十四|24)小时.{0,10}(?:人|盯|守|打|楼下|看|跟|轮)|全天候|"
        "(?:掌握|知道|清楚|了解|查到|监视|监控|跟踪|盯).{0,6}(?:你|您).{0,4}(?:行踪|位置|动向|一举一动|在哪|去哪|路线|行程|每天|家门|作息)|(?:你|您).{0,4}(?:行踪|位置|一举一动|行程).{0,6}(?:掌握|知道|清楚|监控)|(?:楼下|门口|家门口|单位门口|小区门口).{0,6}(?:守|等|蹲|堵|有人|候|坐)|(?:守|蹲|堵|等|坐)(?:在|着|候)?.{0,4}(?:楼下|门口|家门|单位)|天涯海角|"
        "(?:每|一|半)个?(?:小时|天|日|分钟|晚).{0,8}(?:打|联系|上门|来|找|催|通|次|遍|电话).{0,6}(?:你|您|直到|次|通|遍|一百|到)|(?:每天|天天|日日|夜夜|从早到晚|早中晚|早晚).{0,8}(?:打|上门|找|来|催|拜访|守|骚扰|问候|见)|(?:凌晨|半夜|深夜|三更|半夜三更|夜里|大半夜).{0,6}(?:也|都|还|照)?(?:会|要|能|给|来)?.{0,4}(?:打|找|联系|上门|敲门|电话|问候|叫醒)|(?:轮流|轮番|轮班).{0,4}(?:打|上门|找|守|催)|骚扰(?:你|您|到)|不(?:会)?停(?:地|的)?(?:打|找|联系|催)"
    ),
    "L18.cruel": (
        f"{_ILL}.{{0,12}}(?:也|都|照|跟我|关我|与我|不是|不算|就别|还得|又怎|怎么样|没关系|无关|装|借口|理由|可以不还|就可以|少来|骗谁)|(?:活该|报应|天谴|遭雷|短命|断子|绝后|晦气|咒|克)|(?:跳楼|自杀|寻死|上吊|死).{{0,6}}(?:也没用|没用|也得|也要|随便|吓|请便|去啊|都要|都得|一死|了事)|(?:怎么|干嘛)不(?:去)?死|"
        f"(?:农村|乡下|外地|东北|河南|山里|少数民族|黑人|外国|低学历|穷|女|老).{{0,2}}(?:人|鬼|佬|妹|头)?.{{0,3}}(?:就是|都是|果然|没|不讲|素质|信用|都这样|才会)|(?:老|穷|胖|丑|离过婚|单亲).{{0,4}}(?:才|就该|活该|难怪)"
    ),
    "L20.promise": (
        "(?:保证|包|承诺|肯定能|百分之?百|一定).{0,10}(?:征信|记录|逾期|黑名单).{0,8}(?:删|消|清|看不到|洗|修复|干净|没有|恢复|任何)|(?:征信|记录|信用).{0,6}(?:看不到|洗白|清零|抹掉|消除|删除|修复)|(?:内部|特殊|关系|特批|秘密).{0,4}(?:渠道|名额|政策|通道|价|折扣|优惠)|(?:国家|政府|政策|总行).{0,6}(?:全免|减免|特赦|免除|免还|豁免|补助)|名额(?:有限|最后|只剩|不多)|仅此一次|绝无仅有|全网最低"
    ),
}  # fmt: skip

ZH_EVENT: dict[str, str] = {
    "L03.step": (
        f"{_SOON}.{{0,10}}(?:起诉(?!时效)|诉状|立案|查封|冻结|扣押|拍卖|执行|封条|保全|没收|开庭|判决|强制|财产|诉讼(?!时效)|划走|划扣|扣划|上法庭|清点)|(?:账户|账号|工资卡?|银行卡|微信|支付宝|存款|资产|财产|房产|房屋|房子|车辆?|公积金|养老金).{{0,8}}(?:被|会|将|要|马上|立即|即将|就要|已经?|会被|将被)+.{{0,4}}(?:冻结|查封|锁定|封|划走|划扣|扣划|拍卖|没收|执行|扣押|收走|变卖|贴封条)|"
        "(?:冻结|查封|锁定|拍卖|没收|扣押|强制执行|划走|收走|变卖|清点|封掉?)(?:了|掉)?(?:你|您|该|其|全部|所有|名下)|(?:委托|聘请|让|叫|由).{0,4}律师.{0,10}(?:起诉|法院|诉状|发函|立案|处理|递交|追究)|(?:递交|提交|起草|准备|撰写|已递).{0,4}(?:诉状|起诉状|起诉书|立案材料|强制执行申请)|(?:向|到|去|在|上|跟|和).{0,4}(?:法院|法庭|仲裁委).{0,8}(?:申请|起诉|告|见|立案|递|诉|查封|提交|解决)|"
        "法庭上?见|法院见|对簿公堂|打官司|(?:法院|法官|法庭|执行法官|法警|执行局|执行员|执行人员|书记员).{0,10}(?:上门|明天|来|到(?:你|您)|贴|查封|传|判|冻结|受理|通知|抓|执行|清点|裁定|送达|强制)|(?:仲裁委?|法院|法庭).{0,4}(?:已经?|将|正在)?(?:受理|立案|判|裁|开庭)|(?:案件|案子|本案|官司).{0,6}(?:进入|移交|转入|立案|受理|开庭|执行)|向.{0,20}(?:法院|法庭|仲裁委员?会?).{0,8}(?:起诉|提起诉讼|诉讼|立案|申请|递交)|(?:失信|限制(?:高)?消费|限高|高消费).{0,6}(?:名单|被执行|令|措施|人员)|(?:被|成为|列为|列入|纳入|上).{0,4}(?:失信|限高|被执行|限制)|缺席判|开庭时间|败诉|贴封条|保全.{0,4}(?:办好|申请|裁定|启动|已)|(?:留|等着?|准备).{0,3}(?:应诉|当被告|传票)"
    ),
    "L17.paper": "【.{0,8}(?:通知书|传票|裁定|判决|执行|公告|律师函|立案)|被执行人[:：]|(?:传票|支付令|裁定书|判决书|执行通知|协助执行|立案通知|应诉通知|开庭通知|催告函|律师函).{0,6}(?:送达|通知|$|书|请|已)|\\(20\\d\\d\\).{0,8}(?:民|执|刑)[初终字]?|民[初终]字?第?\\d|执字|(?<!备)案号",
}  # fmt: skip

ZH_JUDGMENT = "判(?:决|令|处)?(?:了|您|你|已|下来|生效|败诉)|(?:已经?|法院)判|裁定|强制执行|查封|冻结|扣押|拍卖|失信被执行|限制?高?消费|限高|执行(?:局|法官|阶段|员)|划(?:扣|走)|缺席判|败诉|没收|收走"
"""Only a judgment makes these true."""

# Words, English

_THEIR = "(?:your|ur|yr|his|her|their)"
_FOLK = (
    "(?:boss|bosses|employer|manager|supervisor|coworkers?|co-?workers?|colleagues?|hr|human resources|department|office|workplace|work|job|company|receptionist|famil(?:y|ies)|folks|wife|husband|spouse|partner|girlfriend|boyfriend|fiance|ex|"
    "mother|father|mom|mum|dad|parents?|in-?laws|brothers?|sisters?|siblings?|cousins?|uncle|aunt|kids?|child(?:ren)?|sons?|daughters?|neighbou?rs?|neighbou?rhood|friends?|buddies|relatives?|relations|landlord|roommates?|flatmates?|church|pastor|priest|congregation|school|teachers?|contacts?|references?|"
    "grand(?:ma|pa|mother|father|parents)|customers|clients|followers|community|town|village|street|block)"
)
_TELLS = (
    "(?:tell|telling|told|call|calling|called|ring|ringing|phone|phoning|contact|contacting|contacted|inform|informing|informed|notify|notifying|notified|visit|visiting|e-?mail|e-?mailing|text|texting|message|messaging|write to|writing to|speak to|speak with|speaking (?:to|with)|spoke (?:to|with)|spoken (?:to|with)|talk to|talk with|talking (?:to|with)|"
    "explain (?:it |this |everything )?to|let|letting|show|showing|ask|asking|involve|involving|mail|mailing|send .{0,20}to|reach out to|go to|going to|come to|coming to|turn up at|show up at|drop by|stop by|pay a visit to|have a word with|chat with)"
)
_LEARN = "(?:know|knows|hear|hears|find out|finds out|learn|learns|see|sees|be told|read|reads|receive|get|gets|think|thinks|feel|say|react|love to|be interested|be thrilled|be surprised|be shocked|want to|like to|enjoy)"
_NUM = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|forty|fifty|hundred|a few|several|few)"

EN: dict[str, str] = {
    "L01.harm": (
        rf"(?:hurt|harm|break|broke|smash|burn|slash|beat|shoot|stab|kidnap|knock|cut|crush|punch|kick|hit|snap|bust|wreck|trash|torch|damage|scratch|key)(?:s|ed|ing|en)?\b.{{0,16}}\b{_THEIR} (?:\w+ )?(?:legs?|arms?|bones?|neck|face|windows?|car|tires?|tyres?|house|home|door|kneecaps?|knees?|teeth|fingers?|head|nose|place|shop|store|dog|cat|pet|kids?|family|wife|husband)|"
        rf"{_THEIR} (?:\w+ )?(?:legs?|arms?|bones?|neck|face|windows?|car|tires?|tyres?|house|home|door|kneecaps?|teeth|fingers?|shop|store)\b.{{0,16}}\b(?:broken|smashed|burn(?:ed|t)?|slashed|torched|damaged|cut off|crushed|keyed|on fire|in pieces)|(?:beat|take|knock|squeeze|get) (?:it|this|the money) out of (?:you|your)|"
        r"you(?:'re| are| will be|'ll be) (?:dead|a dead|finished|toast|history|next)\b|(?:won'?t|not|never) (?:be walking|walk|live|be able to walk)|(?:kill|murder|shoot|stab|strangle|drown|bury|gut|beat up|rough up|mess up|take out|finish|destroy|crush|ruin) you\b|blood\b|bullet|baseball bat|hospital bed|six feet under|kneecap"
    ),
    "L01.hint": (
        r"(?:accidents?|things?|bad things?|something|anything|stuff|fires?) (?:bad |unpleasant |nasty |terrible )?(?:do |does |can |could |might |may |will |tend to )?(?:happens?|occurs?)\b.{0,30}(?:to (?:you|your|people)|if|when|unless|around)|(?:hate|shame|pity|terrible|sad|unfortunate|awful) (?:for|if|to see|should).{0,40}(?:happen|broken|hurt|lost|damaged|burn|accident)|"
        r"(?:our|my|the|some) (?:boys?|guys|men|lads|crew|muscle|associates|friends|people|big friends) (?:will|are|is|would|might|can|know|don'?t|aren'?t|like)|(?:pay|paying) you a (?:little )?visit|visit from (?:our|my|some)|ways? of making|(?:have|got|know) (?:our|other|my|certain) (?:ways|methods|means)|see what happens|find out what (?:we|i|happens)|(?:don'?t|do not) want to (?:find out|know|see) (?:what|how)|"
        r"done being (?:nice|polite|patient)|other side of (?:us|me)|(?:not|isn'?t|aren'?t) (?:a |as |very |so )?(?:patient|nice|friendly|gentle)|(?:run(?:ning)?|ran) out of patience|los(?:e|ing) (?:my|our) patience|one eye open|look(?:ing)? over your shoulder|(?:watch|mind|cover) your(?:self| back| step| mouth)|(?:regret|sorry) (?:the day|you ever|for the rest|this)|(?:won'?t|not) like what|"
        r"hell to pay|living hell|life (?:a |into |into a )?(?:misery|miserable|hell)|know where (?:you|your|she|he|they) |what'?s coming|(?:coming|come|came) (?:for|after|round|around) (?:you|and)|mess with us|cross (?:us|me)|last mistake|(?:hard|difficult|rough|unpleasant|ugly|painful) way\b|(?:get|turn|turns|gets|things could get) (?:ugly|nasty|rough|unpleasant|messy)|face what(?:ever)? comes|or face\b|suffer the|pay (?:the|a heavy|dearly|for it)(?: price)?\b(?= in blood|\b.{0,10}(?:price|dearly|one way))|one way or (?:another|the other)|what we do next|out of my hands|make (?:sure )?you (?:pay for|suffer|wish|bleed)|teach (?:you|people)|an example of you"
    ),
    "L02.police": (
        r"\b(?:officers?|deput(?:y|ies)|sheriffs?|troopers?|marshals?|detectives?|police(?:man|men)?|cops?|squad car|patrol car|swat)\b|\b(?:arrest(?:s|ed|ing)?|jail(?:ed)?|gaol|prison|handcuff(?:s|ed)?|in cuffs|warrants?|custody|felony|felon|misdemeanou?r|behind bars|lock(?:ed)? up|locked away|imprison(?:ed|ment)?|incarcerat\w+|prosecut\w+|indict\w*|convict(?:ed|ion)?|mug ?shot|criminals?|crime|theft|larceny|stealing|booked|bail(?= is| set| will)|parole|probation|perp walk|district attorney|grand jury)\b|"
        r"\b(?:in a|the|a|prison|jail) cell\b|\b(?:years?|months?|time) (?:inside|behind|in the slammer)|inside for|(?:pick|picked|haul|hauled|take|taken|drag|dragged|lead|led) (?:you )?(?:up|away|off|in|out) (?:by|in|to|for|from)|to pick you up|(?:be|get|been|being|will be) charged\b(?! (?:a |an |any |no |interest|\$|£|for|extra|fees?|monthly|at|more|twice))|(?:press|file|bring|lay|facing|face|drop|drops)(?:ing)? (?:criminal )?charges|criminal|fraud(?:ulent)? (?:charges?|case|investigation|report)|(?:is|was|commit\w*|for|of) (?:\w+ )?fraud\b|(?:handed|passed|sent|given|referred|turn(?:ed)?) .{0,16}(?:file|case|name|details|it|you) (?:over |in )?to the (?:police|authorities|law)|\bthe authorities\b|\b911\b|\bthe law\b (?:will|is coming|at your)"
    ),
    "L04.who": (
        r"\b(?:i'?m|i am|this is|we are|we're|you(?:'ve| have) reached|you are speaking (?:to|with)|calling (?:from|on behalf of)|\bhere (?:is|at)|on behalf of|represent(?:ing)?|work(?:ing)? (?:for|with)|acting for|sent by|message from|speaking for|we represent|appointed by|authori[sz]ed by|empowered by|part of|division of|branch of|arm of) .{0,24}\b(?:court(?:house)?|judge(?:'s)?|clerk of|magistrate|police|sheriff|marshal|officer|detective|agent (?!name)(?:\w+ )?(?:of|with) the|government|federal|treasury|state of \w+|county|city of|ministry|department of|irs|fbi|hmrc|dwp|fca|cfpb|ftc|social security|immigration|customs|homeland|attorney general|district attorney|prosecutor|bailiff|enforcement (?:officer|agent|team|unit)|lawyer|attorney|solicitor|barrister|paralegal|law (?:firm|office)|legal (?:department|team|counsel)|credit (?:bureau|agency|reference)|experian|equifax|transunion|your bank|bank's|tax (?:office|authority)|council)\b|"
        r"court[- ]appointed|court[- ](?:authori[sz]ed|approved|mandated)|government[- ](?:appointed|approved|authori[sz]ed|backed|mandated)|state[- ](?:appointed|licensed enforcement)|(?:federal|national|state|government|official) (?:debt|collection|recovery|enforcement|credit|claims) (?:bureau|agency|office|unit|department|commission|registry)|(?:detective|officer|sergeant|inspector|agent|deputy|judge|lieutenant|constable) [a-z]+ (?:here|about|calling|from|with|regarding|speaking)|assigned to prosecute|(?:attorney|lawyer) assigned|bank'?s (?:legal|fraud|security|recovery) (?:department|team|unit)"
    ),
    "L05.more": (
        rf"(?:add(?:ed|ing|s)?|tack(?:ed|ing)? on|slap(?:ped)?|charg(?:e|ed|ing) (?:you )?(?:an? )?(?:extra|additional|another|more|further)|throw(?:n|ing)? (?:in|on)|pile(?:d)?|plus|extra|additional)\b.{{0,24}}(?:\$ ?\d|£ ?\d|€ ?\d|\d+ (?:dollars|pounds|euros)|{_NUM} percent|\d+ ?%|fee|penalty|for our (?:trouble|time)|for (?:every|each) (?:call|letter|day|visit))|(?:daily|hourly|weekly|nightly|late) (?:penalty|penalties|fine|fines|surcharge)|"
        rf"(?:every|each|per) (?:day|week|hour|night|call|month|letter|minute)\b.{{0,30}}(?:cost|goes up|go up|grows?|rise|rises|increase|add|more|extra|percent|%|\$|£|doubles?|penalty)|(?:goes|go|going) up by|(?:double|triple|twice|three times|four times|five times|ten times|2x|3x) (?:what|the|of|as much|that|your|it)|(?:balance|debt|amount|bill|interest|it) (?:will |has |is going to )?(?:double|doubles|doubled|triple|triples|tripled|explode)|"
        rf"(?:fee|fees|charge|bill) for (?:my|our) (?:time|trouble|gas|effort|travel|work)|(?:pay|cover|owe|reimburse) (?:us )?(?:for )?our (?:legal|lawyers?|attorneys?|court|collection|travel) (?:fees?|costs?|bill)|(?:liable|responsible|on the hook|answerable) for (?:\w+ ){{0,3}}(?:late |dead |deceased )?(?:husband|wife|mother|father|brother|sister|son|daughter|roommate|parents?|friend|partner|spouse|his|her|their)\b|(?:husband|wife|mother|father|brother|sister|roommate|friend|partner|spouse|parent)'?s? (?:debt|card|loan|bill)\b.{{0,16}}(?:yours|you owe|your (?:debt|problem)|you pay|falls? to you|on you)|as (?:the|his|her) (?:widow|widower|wife|husband|son|daughter|heir).{{0,24}}(?:responsible|liable|owe|pay)"
    ),
    "L06.stain": (
        r"\b(?:no|not a|never a) (?:bank|lender|landlord|dealer|employer|one|company|mortgage)\b.{0,20}\b(?:will|would|is going to|going to)\b.{0,24}\b(?:lend|rent|hire|trust|touch|give|approve|finance|look at|do business)|never (?:again )?(?:be able to )?(?:qualify|get|buy|own|rent|borrow|be approved|have|see|finance|lease)\b.{0,30}(?:loan|mortgage|credit|house|home|car|apartment|flat|phone|card|property|place)?|credit (?:\w+ )?(?:is|will be|gets?|would be|record is|score is|rating is|file is) (?:\w+ )?(?:destroyed|ruined|wrecked|finished|over|dead|toast|trashed|shot|gone|blacklisted|tanked|worthless)|"
        r"(?:destroy|ruin|wreck|trash|tank|kill|nuke|torpedo|blacken|sink) (?:your|the) (?:\w+ )?(?:credit|score|rating|name|reputation|future)|(?:score|rating|credit) .{0,24}(?:rock bottom|floor|zero|drop|plummet|tank|gutter|for good|forever|for life|permanently)|(?:bad|non-?|known) ?(?:payers?|debtors?|paying)(?: people)? (?:list|register|database|registry)|(?:list|register|registry|database|file) of (?:bad|non|known|people who|debtors|delinquent|defaulters)|(?:national|official|public|central|government|federal) (?:register|registry|database|blacklist|list)|black ?-?list|blackball|every (?:lender|bank|landlord|employer)|follow you (?:for|forever|to|around|the rest)|rest of your (?:life|days)|marked for life|stain(?:ed)? (?:on )?your"
        r"|your (?:kids|children|son|daughter|family) (?:\w+ ){0,3}(?:won'?t|will not|will never|can'?t|cannot|never) (?:get|be|have|qualify|go)"
    ),
    "L07.told": (
        rf"(?:can'?t|cannot|won'?t) (?:promise|guarantee|say|rule out)\b.{{0,30}}\b{_FOLK}|\b{_TELLS}\b.{{0,24}}\b{_THEIR} (?:\w+ )?{_FOLK}\b|\b{_THEIR} (?:\w+ )?{_FOLK}\b.{{0,24}}\b(?:will|would|may|might|could|is|are|should|must|deserves?|ought|has|have|gets?|needs?|wants?|knows?|'ll|going)(?: \w+){{0,3}} {_LEARN}\b|{_THEIR} (?:\w+ )?{_FOLK} (?:knows?|already knows?|found out|learned|heard|saw|(?:will|should|must|has to|have to|can|could|needs to) (?:pay|cover|settle))\b|"
        rf"(?:what|how) (?:will |would |does |do )?{_THEIR} (?:\w+ )?{_FOLK} (?:\w+ )?(?:will |would |is going to )?(?:think|say|feel|react|do)|{_THEIR} (?:\w+ )?{_FOLK}(?: \w+)? (?:thinks?|says?|feels?|reacts?) (?:about|of|when)|(?:someone|somebody|anyone|one person) (?:in|from|at) {_THEIR} (?:\w+ )?{_FOLK}|(?:everyone|everybody|people|anyone|all|half|whole|entire|the whole|the entire) (?:in|at|on|of|from)? ?(?:the |{_THEIR} )(?:\w+ )?(?:{_FOLK}|town|village|street|school|church|building|office|city|internet)|"
        rf"(?:love|like|interested|happy|keen|thrilled|delighted|fascinated|curious|surprised) to (?:hear|know|learn|read|see) (?:about|that|how|what|you|of|the truth|who|why)|(?:at|to|by|outside) {_THEIR} (?:\w+ )?(?:work(?:place)?|job|office|school|church|parents'? (?:home|house|place))|ask {_THEIR} (?:\w+ )?{_FOLK} (?:to pay|for|to cover)|{_THEIR} (?:\w+ )?{_FOLK} find(?:s|ing)? out|(?:tell|let|inform|notify) (?:him|her|them|everyone|everybody|people|the world|the neighbou?rs|the whole|all)\b|(?:spread|put) the word|word (?:gets|will get|travels|spreads)"
    ),
    "L07.public": (
        r"(?:post|put|publish|share|plaster|splash|hang|tape|stick|upload|print|display|broadcast|circulate)(?:s|ed|ing)?\b.{0,32}\b(?:online|on (?:the )?(?:internet|web|facebook|instagram|social|twitter|tiktok|wall|door|lawn|street|billboard|noticeboard|news|your)|in (?:the )?(?:paper|newspaper|news|street|neighbou?rhood|lobby|public)|everywhere|around town|your (?:name|photo|picture|face|debt|address|details))|"
        r"\b(?:facebook|instagram|tiktok|twitter|linkedin|social media|youtube|whatsapp group)\b.{0,24}(?:friends?|see|seen|post|page|everyone|followers|tag|find|know)|tag you|postcard|billboard|sign (?:on|outside|in front|in) (?:of )?your|(?:shame|embarrass|expose|humiliate|name and shame) you\b|public(?:ly)? (?:shame|list|name|embarrass|humiliat|expos)|so (?:that )?(?:your |the |all )?(?:\w+ )?(?:neighbou?rs|everyone|people|everybody|friends|family|coworkers) (?:can|will|could)? ?(?:read|see|know|hear|laugh)|wall of shame|hall of shame"
    ),
    "L08.insult": (
        r"\b(?:leech|leeches|low-?lifes?|sponge|bum|slob|jerk|creep|weasel|snake|pig|animal|monkey|clown|joke|such a baby|brat|coward|phony|fraudster|con ?(?:man|artist)|swindler|crybaby|failure|imbecile|cretin|halfwit|dimwit|dummy|nitwit|twit|git|tosser|wanker|prat|muppet|chav|hag|slut|whore|trailer trash|white trash|vermin|maggot|cockroach|dirtbag|sleazebag|scumbags?|degenerate|delinquent|good-?for-?nothing|waste of (?:space|time|air|oxygen|skin)|piece of (?:\w+))\b(?!.{0,6}(?:rent|cat|dog)s?\b)|"
        r"\byou(?:'re| are)? (?:\w+ ){0,3}(?:disgust(?:ing)?|repulsive|selfish|dishonest|irresponsible|immoral|greedy|ungrateful|useless|hopeless|incompetent|ridiculous|laughable|embarrassing|despicable|shameful|shameless|spineless|gutless|crazy|insane|ugly|fat|old fool|illiterate|ignorant|childish|embarrassment|a mess|an? (?:disgrace|embarrassment|joke|failure))\b|disgust(?:s|ed)? me|shut (?:up|your)|whin(?:e|ing|er)|stop (?:crying|moaning|making excuses|being)|grow up|cry me|man up|be a man|what (?:kind|sort) of (?:a )?(?:person|man|woman|mother|father|lowlife|human|parent|idiot|fool)\b|how (?:can|do) you (?:live with|sleep|look)|no (?:shame|honou?r|decency|conscience|self-?respect|morals|integrity|class)\b|have you no|(?:decent|honest|honou?rable|normal|real|responsible|good|respectable) (?:people|person|man|men|woman|women|folks|citizens?|adults?) (?:\w+ )?(?:pay|pays|don'?t|would|with|keep|honou?r)|people with (?:honou?r|integrity|self)|your (?:word|signature) (?:is|means) (?:worth(?:less)?|nothing)|only (?:a |an )?(?:\w+) (?:would|don'?t|doesn'?t)(?: \w+){0,4} (?:not )?pay|scrounger|mooch|screw you|piss|arse\b|\bass\b|\bhell\b|bloody|\bwtf\b|bugger|bollocks|jackass|douche|dick\b|twat|cunt"
    ),
    "L09.press": (
        rf"(?:never|won'?t|not) (?:work|get (?:a )?(?:job|work|hired)|find (?:a )?(?:job|work)|be hired)\b.{{0,16}}(?:again|town|industry|here|anywhere)|(?:get|have|got|be|getting|being) (?:you )?(?:fired|sacked|let go|laid off|dismissed|terminated|suspended|demoted)|{_THEIR} (?:employer|boss|company|job|firm|work)\b.{{0,20}}\b(?:fires?|sacks?|doesn'?t keep|won'?t keep|doesn'?t like|won'?t like|lets? .* go|is at risk|on the line|won'?t want|at stake|in danger|gone)|(?:cost|lose|losing|loss of|take|taking|kiss) (?:you )?(?:\w+ )?{_THEIR} (?:\w+ )?(?:job|career|position|licen[cs]e|promotion|pension|clearance|kids|children|custody|house|home|marriage|wife|husband|family|livelihood|visa|green card|status|benefits)|"
        rf"(?:marriage|relationship|wife|husband|family) (?:\w+ ){{0,2}}(?:won'?t survive|over|will leave|is going to leave|falls? apart|fall apart|end in|divorce)|divorce|(?:who|what)(?:'s| is| will| would)?.{{0,24}}(?:look after|take care of|happen to|feed|raise) {_THEIR} (?:kids|children|family|son|daughter|baby)|(?:think|thinking|thought) (?:about|of) (?:\w+ ){{0,6}}{_THEIR} (?:kids|children|family|son|daughter|wife|husband|baby|mother|parents)|(?:for|to|do|does|did) (?:this )?(?:to )?{_THEIR} (?:kids|children|daughter|son)\b.{{0,20}}(?:think|feel|suffer|pay)?|{_THEIR} (?:kids|children|daughter|son|baby)\b.{{0,24}}\b(?:feel|hungry|taken|suffer|grow up|foster|orphan|ashamed|bullied|without (?:a |their )|school will|classmates)|(?:child (?:protective |protection )?services|social (?:services|workers? (?:will|would|might|may|could|are))|foster care|custody)|(?:deport\w*|immigration|\bice\b agents|border (?:force|patrol)|green card|visa|residence permit|work permit|asylum|citizenship)\b.{{0,24}}(?:risk|hear|revok|cancel|trouble|lose|problem|notified|called|report|know|check|interest|jeopard)|(?:benefits?|welfare|food stamps|universal credit|disability|pension|social security) (?:\w+ ){{0,2}}(?:stopped|cut|taken|cancell?ed|end|withdrawn|suspended|frozen)"
    ),
    "L10.haste": (
        rf"(?:you have|you'?ve got|you get|only|just|have until|within|in|last|next|final|got) (?:the next |only |just |exactly |about )?(?:{_NUM}) (?:more )?(?:minutes?|hours?)\b|(?:until|by|before) (?:noon|midnight|tonight|end of (?:the )?(?:day|business)|close of business|5 ?pm|\d+ ?(?:am|pm|o'clock))(?: today| tonight)?\b.{{0,30}}(?:or|no|no more|then|after that|otherwise|before we|and that'?s)|no more (?:chances?|time|excuses|extensions|warnings|talk)|(?:very )?last (?:chance|warning|time|opportunity|offer) (?:before|to|you|ever|i|we)|(?:will|won'?t|can'?t|cannot|not) (?:not )?wait (?:another|any|a|one|even)|(?:we|i|it will be) (?:will )?(?:assume|deem|treat|take it|consider) (?:that )?(?:you|this|it)?.{{0,8}}(?:refus|admit|guilt|ignor|waiv|agreed)|clock is ticking|running out|before it is too late|too late (?:to|for|after)|don'?t delay|not a (?:minute|second|day) (?:more|later|longer)|or it'?s over|and that'?s it|no extensions?\b"
    ),
    "L11.push": (
        rf"(?:borrow|get (?:it|the money|a loan|cash|money)|take|ask|beg|lend|loan|tap|find)(?:ing)?\b.{{0,30}}\b(?:loan|from (?:your |a |the )?(?:\w+ )?(?:{_FOLK}|someone|somebody|bank|lender|app|anyone)|{_FOLK} (?:\w+ )?(?:can |could |to |will )?(?:lend|loan|give|pay|help)|(?:lend|loan) (?:you|it|me))|(?:put|charge|throw|stick) (?:it|this|the balance|the payment) on (?:a|another|your|the) (?:\w+ )?(?:card|credit)|{_THEIR} (?:\w+ )?{_FOLK} (?:can|could|will|would|should|must|surely|has to) (?:\w+ )?(?:lend|loan|give|help|front|chip in|bail)|"
        rf"(?:sell|pawn|hock|mortgage|re-?mortgage|refinance|cash (?:out|in)|raid|drain|empty|liquidate|flog)(?:ing)? (?:off |out )?(?:your|the|some|a|everything|anything|stuff|blood|plasma)\b|(?:skip|miss|stop|forget|delay|hold off|put off|instead of|rather than|cut back on|don'?t pay|use|spend) (?:paying |buying |on )?(?:the |your |this month'?s? |that )?(?:rent|mortgage payment|medication|medicine|meds|groceries|food|meals?|electric(?:ity)?|heating|child support|school (?:fees|lunch)|doctor|prescriptions?|insurance|tuition)\b.{{0,30}}|(?:rent|grocery|food|tuition|medicine|college|savings|emergency) money|title loan|loan shark|(?:another|new|second|different) (?:credit )?(?:card|loan|lender|mortgage)\b|401\(?k|pension pot|plasma"
    ),
    "L12.private": (
        r"(?:venmo|zelle|cash ?app|paypal|wire|bitcoin|crypto|western union|gift cards?|moneygram|revolut)\b.{0,16}\b(?:me|my|to me|directly|him|her|instead|it)\b|(?:to|on|via|at|into|through|using|use|with) (?:me|my)(?: own| personal| private| wife'?s| husband'?s| friend'?s)? (?:cash ?app|venmo|zelle|paypal|account|card|whatsapp|cell|mobile|phone|number|wechat|email|telegram|signal|facebook|instagram|messenger)|\bmy (?:own|personal|private) (?:\w+ )?(?:account|cell|phone|mobile|number|whatsapp|e-?mail|card|line|paypal|venmo)|"
        r"(?:don'?t|do not|no need to|never mind|forget|skip|bypass|avoid|rather than|instead of) (?:use |using |go through |going through |call |calling |pay |paying )?(?:the )?(?:company|office|official|main|business|firm)(?:'s)? (?:website|site|account|line|number|portal|phone)|pay (?:me|it to me) (?:in )?(?:cash|directly|personally|privately)|(?:give|send|bring|hand|mail|pay|wire|transfer) (?:it |the money |cash |the cash |that )?(?:straight |directly |right )?to me\b|under the table|off the books|gift cards?|between you and me|on the side|(?:private|personal) account"
    ),
    "L13.pretext": (
        r"(?:package|parcel|delivery|courier|shipment|flowers?|flower shop|mail(?:man)?|fedex|ups|dhl|usps|royal mail|post office)\b.{0,24}(?:call|waiting|claim|collect|for you|held|missed|redeliver|pick|about|attempt|with|here|sign)|(?:about|regarding|concerning|for|with|have) (?:your|a) (?:parcel|package|delivery|prize|refund|inheritance|job application|job interview|lottery|reward|giveaway|gift)|(?:won|win|winner|winning|selected|chosen|entitled|eligible|congratulations)\b.{0,24}(?:prize|refund|lottery|gift|reward|cash|holiday|vacation|voucher|selected|draw|raffle|money|rebate|won)|"
        r"(?:it'?s|this is|i'?m|i am) (?:your|an? old|a) (?:\w+ )?(?:cousin|friend\b|buddy|mate\b|classmate|school ?friend|neighbou?r|uncle|aunt|nephew|niece|relative|colleague|schoolmate|recruiter|nurse|doctor|teacher|headhunter)|(?:i'?m|i am|this is|calling|we'?re|here) .{0,12}(?:from |at |with )?(?:the |your |a )?(?:\w+ )?(?:hospital|school|flower shop|florist|clinic|doctor'?s office|daycare|post office|courier|insurance company|recruit(?:ment|er|ing)|radio station|utility company|cable company|bank's security|survey|charity|church|gas company|electric company|phone company|your child'?s)\b|(?:short|quick|brief|customer|market|consumer) survey|(?:we have|there'?s|there is|you have) (?:a |an )?(?:refund|prize|inheritance|cheque|check|reward|gift) (?:for|waiting)|job (?:application|interview|offer)"
    ),
    "L14.old": (
        rf"(?:debts?|this|it|balance|loan|we|they|obligation)\b.{{0,24}}\b(?:never (?:expires?|dies?|goes away|go away|gets? old|runs? out|lapses?)|no (?:time limit|expiry|expiration|deadline|limit)|forever|doesn'?t expire|does not expire|don'?t expire|no such thing as too old)|no (?:time limit|expir\w+|statute)|(?:collect|sue|pursue|enforce)\w* (?:\w+ )?forever|(?:doesn'?t|does not|don'?t) matter how old|how old (?:it|the debt|this) is.{{0,20}}(?:still|sue|owe|doesn'?t)|statute of limitations .{{0,24}}(?:doesn'?t|does not|myth|never|isn'?t|irrelevant|not apply|joke|no)|"
        rf"(?:just|only|even|simply|a|send|pay|small|tiny|token|little) (?:pay |send |put |give )?(?:us )?(?:just |only )?(?:\$ ?\d+|£ ?\d+|€ ?\d+|{_NUM} (?:dollars?|pounds?|euros?|bucks?|quid|pence)|(?:small|tiny|token|little|good ?faith) (?:payment|amount|sum))\b.{{0,40}}(?:faith|activity|show|prove|commitment|changes? nothing|nothing legally|keep .{{0,12}}(?:open|alive|active)|willing|goodwill|so we|reactivate|legally)|good[- ]faith payment|to show (?:good faith|willing|activity)|(?:sign|initial)\b.{{0,40}}(?:go(?:es)? away|done|over|forget|all disappears?|confirm the (?:old|debt)|that'?s it|no more|leave you)|still sue you"
    ),
    "L15.rights": (
        r"(?:no|don'?t have (?:a |any )?|do not have (?:a |any )?|haven'?t (?:got )?(?:a |any )?|not have (?:a |any )?|lost (?:your|the|any|all)|gave up (?:your|the)|without) (?:legal )?rights?\b|not entitled|aren'?t entitled|(?:too late|no longer possible|not possible|no way|can'?t|cannot|can not|mustn'?t|may not|not allowed|never|impossible|stop trying|useless|pointless) (?:for you )?(?:to )?(?:\w+ )?(?:dispute|disput|question|contest|challenge|complain|appeal|object|argue|refuse|query)|(?:don'?t|do not|won'?t|will not|never) (?:accept|take|consider|deal with|process|handle|look at|allow|hear|listen to|entertain|recogni[sz]e) (?:any )?(?:\w+ )?(?:disputes?|complaints?|queries|objections?|lawyers?|attorneys?|representatives?|advis[eo]rs?|appeals?|excuses)|"
        r"(?:disputes?|complaints?|queries|objections?|appeals?) (?:are|is|will be|get|gets|go|goes) (?:\w+ )?(?:not accepted|rejected|ignored|refused|thrown|closed|useless|pointless|a waste|binned|nowhere|in the)|(?:complain|complaining|complaint|dispute|disputing|report|reporting us|lawyer|attorney|solicitor|ombudsman|regulators?|advis[eo]r|adviser|cfpb|fca|afca|counsel(?:l?or)?)\b.{0,30}\b(?:(?:won'?t|will not|can'?t|cannot|doesn'?t|don'?t|never)(?! (?:affect|count|harm|cost|be held|lead|stop (?:you|your)|change your))|waste|no use|no point|useless|pointless|cancel|worse|off|costs? you|nothing|nobody|no one|laugh|ignore|help you now|regret|\bbin\b|trash|backfire|slower)|(?:if you|when you|whoever) (?:complain|dispute|report us|get a lawyer|hire|go to)\b.{0,40}(?:cancel|\boff\b|lose|double|worse|\badd|regret|withdraw|\bpull|\bend\b|void|harder|penal)|(?:no (?:point|use|sense)|pointless|useless|waste of (?:time|money)|don'?t (?:bother|waste)|no need|never mind|forget (?:about )?|stop|quit)\b.{0,24}\b(?:complain\w*|disput\w+|lawyers?|attorneys?|solicitors?|advis[eo]rs?|ombudsman|regulators?|cfpb|arguing|debt charit(?:y|ies)|counsel(?:l?or|ing))|(?:withdraw|drop|cancel|retract|take back) (?:your|that|the) (?:\w+ )?(?:complaint|dispute|report|claim)\b.{0,30}(?:or|first|before|otherwise|and then|else)|(?:nobody|no one|no-one) (?:will |would |is going to |ever )?(?:listens?|cares?|believes?|help you|take you seriously)|(?:regulators?|they|we|i) (?:don'?t|doesn'?t|do not|won'?t|will not|never) (?:listen|care|believe|help you|take you seriously)|no (?:lawyers?|attorneys?|solicitors?|disputes?|complaints?) (?:allowed|accepted|please|can)"
    ),
    "L16.chase": (
        r"(?:call|ring|text|phone|e-?mail|message|contact|dial|visit|chase|bother|harass|hound|pester|knock|buzz|ping)(?:s|ing)?\b.{0,24}(?:every (?:\w+ )?(?:hour|day|minute|morning|night|five|ten|few)|all (?:day|night)|day and night|night and day|off the hook|non-?stop|until you|till you|around the clock|round the clock|at (?:1|2|3|4|5|6)(?::\d\d)? ?am|in the middle of the night|at night|constantly|again and again|as often as|(?:\d\d+|twenty|thirty|forty|fifty|hundred|ten|dozens of) times|when you sleep|after midnight|on christmas|at dawn)|(?:keep|keeps|kept|go on|never stop|won'?t stop|continue|start) (?:on )?(?:calling|ringing|texting|phoning|coming|knocking|showing up|e-?mailing|chasing|bothering|hounding|following|watching)|(?:twenty|thirty|forty|fifty|sixty|hundred|\d{2,}|dozens of|countless|endless) (?:phone )?(?:calls|texts|messages|e-?mails|visits|voicemails)|(?:ring|rings|ringing) (?:yours|your phone|off|all|until)|"
        r"(?:watch(?:ing|ed)?|follow(?:ing|ed)?|track(?:ing|ed)?|tail(?:ing|ed)?|spy(?:ing)? on|monitor(?:ing|ed)?|stalk(?:ing)?|surveil\w*) (?:you\b|your (?:house|home|car|every|movements|location|phone|family|accounts|social))|(?:park(?:ed|ing)?|wait(?:ing)?|sit(?:ting)?|stand(?:ing)?|camp(?:ed|ing)?|someone|somebody|a man|people)(?: will be| is| are)? (?:\w+ )?(?:outside|in front of|at|across from|by|near) (?:your|the) (?:\w+ )?(?:house|home|door|office|work|building|apartment|flat|job|street|driveway|gate)|never (?:leave|let) you (?:alone|go|rest|be|sleep|in peace)|no (?:peace|rest|sleep|escape|hiding)|block(?:ing)? (?:us|me|our|this|the number) .{0,24}(?:won'?t|will not|doesn'?t|useless|no use|no good|we have|i have|just)|more (?:phone )?numbers|(?:can'?t|cannot|never|no use|nowhere|couldn'?t|try to) (?:\w+ )?(?:hide|run|escape|get away|avoid us|dodge)|wherever you (?:go|are|hide|move)|follow you\b|hunt you|find you (?:anywhere|wherever|again|no matter)"
    ),
    "L18.cruel": (
        r"\b(?:cancer|illness|sickness|disease|depression|anxiety|disability|pregnan\w+|stroke|dementia|diabetes|chemo\w*|mental health|grief|divorce|bereavement|being (?:ill|sick|pregnant|disabled|old|poor|unemployed|depressed|a widow)|hospital|unemployment|your (?:condition|diagnosis|disability|illness|depression|problems?))\b.{0,24}(?:isn'?t|is not|doesn'?t|does not|don'?t|won'?t|no)\b.{0,12}(?:excuse|cancel|our (?:problem|concern)|my (?:problem|concern)|matter|change|reason|pay|wipe|erase|stop|get you)|\b(?:pregnant|disabled|sick|ill|old|dying|depressed|unemployed|blind|deaf|elderly|single) (?:women|men|people|mothers?|folks?|ones)?\b.{0,12}(?:have to|must|also|still|always|too|never|like you)|(?:even if|when|after|once|until|till|before) you(?:'re| are)? (?:die|dead|dying|in the grave|in hospital|bur(?:y|ied))|(?:hope|wish) (?:you|your|that)\b.{0,20}(?:die|suffer|sick|cancer|rot|choke|accident|lose|hurt|miserable|burn)|(?:kill|hang|shoot|drown) yourself|jump off|\bend (?:it all|your life)|(?:you )?(?:immigrants?|foreigners?|blacks?|mexicans?|muslims?|jews?|christians?|gays?|women|men|gypsies|travell?ers|poles|indians|chinese|africans|asians|arabs|old people|millennials|boomers|single mothers|refugees|welfare|benefit scroungers)\b.{0,24}(?:never|always|all|don'?t|are all|can'?t|like you|should|too|just)|you(?:r)? (?:people|kind|lot|sort|type|race|generation)\b.{0,16}(?:always|never|are|all|don'?t|make|do|should)|(?:karma|serves you|deserve (?:it|this|to|what|every)|got what you|your own fault|you asked for (?:it|this))|nobody (?:will|would) miss you|better off (?:dead|without you)"
    ),
    "L20.promise": (
        r"(?:promise|guarantee\w*|assure|swear|100 ?%|certain|sure)\b.{0,40}(?:vanish|disappear|delet\w+|remov\w+|eras\w+|wip\w+|gone|clean|off your|spotless|approved|never (?:show|appear)|clear your)|(?:secret|insider|exclusive|hush|special once|one-?time only|under the counter|off the record|backdoor) (?:deal|discount|offer|price|program|list|rate)|(?:government|federal|state|obama|biden|national|presidential|royal) (?:\w+ )?(?:amnesty|forgiveness|relief|bailout|write-?off|program|programme|grant|scheme)|amnesty|(?:offer|deal|discount|price) (?:ends|expires|is gone|disappears|dies|closes|vanishes) (?:tonight|today|at midnight|in|this hour|now|soon)|only (?:\w+ )?(?:left|spots?|places?) (?:left|remaining)|never (?:be )?offered again|no one else gets|just for you\b.{0,12}(?:secret|deal|only)?"
    ),
}  # fmt: skip

EN_EVENT: dict[str, str] = {
    "L03.step": (
        r"\b(?:our|the|my) (?:attorneys?|lawyers?|solicitors?|legal (?:team|department)|counsel)\b.{0,20}\b(?:filing|draw\w*|draft\w*|prepar\w+|will|is|are|have|has|going|start\w*|take|tak\w+|su(?:e|ing)|ready|papers?)|(?:intend|intends|plan|plans|going|ready|prepared|about|decided|forced|have no choice but|will have|prepare|preparing|happy|glad|want|determined|authori[sz]ed|instructed) to (?:\w+ )?(?:sue|file|litigate|take (?:you|this|it|legal|court)|go to (?:court|law)|start (?:legal|court)|begin (?:legal|court)|commence|seize|garnish|repossess|foreclose|levy|freeze|issue (?:court )?proceedings)|(?:legal|court) (?:action|proceedings?|case|claim|papers?|process)\b.{0,24}(?:authori[sz]ed|begin|start|commence|underway|under way|filed|served|issued|imminent|approved|coming|on (?:its|their) way|remains?|next|follow|now|today|tomorrow|is inevitable|has been)|"
        r"(?:wages?|paychecks?|pay|salary|earnings|income|bank accounts?|accounts?|savings|tax refund|pension|benefits|social security|house|home|car|vehicle|property|truck|furniture|belongings|assets?|possessions|tv|boat|land|everything you own)\b.{0,16}(?:(?:will|is|are|gets?|to|can|could|may|might|would|shall|going to|about to|being|been|be|has|have|now)\b.{0,10})(?:garnish\w*|seized|levied|attached|frozen|repossess\w*|taken|auctioned|foreclosed|sold off|impounded|confiscated|docked|liened|towed|distrained|stripped)|(?:garnish|seize|levy|attach|freeze|repossess|foreclose|auction|impound|confiscate|lien|dock|tow|evict|distrain|take away|clamp|go after|strip)(?:s|ing|e?d)?\b.{0,14}\b(?:your|you|everything|all you|his|her|the (?:house|car|wages|account|property))\b|(?:lien|charge|charging order|attachment|levy|hold|judgment)\b.{0,10}(?:on|against|over|placed|put|on to)\b.{0,8}(?:your|you|the)\b(?! (?:account|reference|file|letter))|"
        r"(?:judge|magistrate|jury|court|tribunal)\b.{0,12}(?:has |have |already |just |will |is going to |would )(?:\w+ )?(?:ruled|ordered|decided|found|entered|granted|issued|sign\w*|award\w*|make|force|rule|side|hear|believe|see|throw|order|decide)\b|(?:judge?ment|ccj|default|order|ruling|verdict)\b.{0,12}(?:has been|was|is|have been|had been|against|entered|obtained|granted|won|already)|(?:entered|won|obtained|got|have|secured|received) (?:a |the |our )?(?:\w+ )?(?:judge?ment|ccj|court order|ruling|verdict|writ)\b|(?:goes|going|go|headed|off|straight|on (?:its|the) way|sent|refer\w*|pass\w*|move|moving|haul\w*|drag\w*|see|bring\w*|(?:take|taking|took) (?:you|this|it|the (?:matter|case)|your (?:case|file))) (?:\w+ ){0,3}(?:to|in|into|before) (?:the |a )?(?:court|judge|litigation|small claims|tribunal|legal)|(?:handed|sent|referred|passed|pass|send|refer) (?:\w+ ){0,4}to (?:our |the |a )?(?:lawyers?|attorneys?|solicitors?)|hesitate to (?:sue|go|take|litigate|file)|file (?:a )?(?:law)?suit|(?:be|been|being|get|getting|are|were) (?:sued|served|evicted|foreclosed)\b(?! on a debt)|(?:file|filed|filing|files|bring|lodg\w+|issu\w+) (?:a |the |our )?(?:suit|lawsuit|claim|complaint|case|action|proceedings)\b(?! (?:with (?:us|the (?:ombudsman|cfpb|regulator|financial|consumer|fca|afca|ftc|attorney general|bureau)))|to us|number)|evict|marshal|bailiff|(?:we|i|they)(?:'ll| will| would| shall| are going to| must| may| might| could| can)? (?:\w+ )?sue\b|make (?:us|me) (?:sue|take|go)|by force|process server|(?:can'?t|cannot) (?:promise|guarantee|rule out|say)\b.{0,24}(?:legal|court|lawsuit|sue)"
    ),
    "L17.paper": r"\bsummon(?:s|ed)\b|subpoena|notice of (?:hearing|levy|seizure|garnishment|suit|intent|lien|eviction|default judgment|execution|action|legal|enforcement|court)|(?:case|docket|cause|index|claim) (?:no|number|#|num)\b\.?:? ?[a-z]{0,4}-?\d|court order|final judgment|writ of|in the (?:\w+ ){0,3}court\b|hereby (?:summoned|ordered|commanded|notified|served|required|directed)|(?:plaintiff|defendant|petitioner|respondent)s?\b|affidavit|order to (?:appear|show|pay)|appear (?:in court|before|to answer)|official (?:court|government|legal) (?:notice|document)|\bvs?\. [a-z]+ [a-z]+,? (?:case|defendant)",
}  # fmt: skip

EN_JUDGMENT = r"judge?ment|ccj|garnish|levy|levied|lien|seize|repossess|foreclos|auction|evict|freeze|frozen|attach|bailiff|marshal|writ|ruled|verdict|won|charging order|confiscat|execution|court order|ordered"
"""Only a judgment makes these true."""

# What a gentle or truthful frame looks like: the same words, harmless in it

ZH_SCAM = "(?:如|若|凡|倘若|假如)?.{0,4}(?:(?<![们里])有人|任何人|他人|不法分子|骗子|谁|陌生人|自称|冒充|假冒|谎称|冒用|冒名|接到|遇到|收到|发现).{0,30}(?:告诉我们|联系我们|告知我们|通知我们|与我们核实|核实|报警|举报|投诉|请勿|不要相信|切勿|勿信|谨防|警惕|保留证据|拨打|挂断|不要理会|是诈骗)|(?:请勿|不要|切勿|谨防|警惕).{0,6}(?:相信|理会|轻信|听信).{0,16}(?:自称|冒充|公安|警察|法院|来电|电话|短信|骗)"
ZH_CONSENT = "(?:经|征得|取得|得到|须经|需经|未经|没有|获得|需要?)(?:过)?(?:了)?(?:您|你)(?:本人)?的?(?:书面|事先|明确)?(?:同意|授权|允许|许可|确认)|(?:您|你)(?:可以?|可|有权)?(?:书面)?(?:授权|委托|指定)|(?:如|若)(?:果)?(?:您|你)(?:愿意|希望|同意|需要|要求|授权|想|方便|提出)|(?:按|根据|应|照)(?:照)?(?:您|你)的?(?:要求|意愿|请求|指示)|(?:您|你)(?:可以?|不妨|也可)(?:先)?(?:和|与|跟|同).{1,8}(?:商量|考虑|讨论|一起)"
ZH_COURT = "只有.{0,2}(?:法院|法官)|(?:只能|须|应|要|才能|均|都)?由.{0,6}法院.{0,6}(?:决定|认定|裁定|裁判|判断|依法|判决)|未经法院|没有法院|(?:法院|法官)(?:才|有权|依法)|(?:必须|须|需要?|要)先?(?:有|经|经过|取得)法院|依法(?:裁判|认定|决定)|与本(?:次|信|函|短信|通知).{0,4}无关|(?:尚未|没有|目前没有|并未|暂未|还未|不会|从未|未)"
ZH_CUSTOMER = "(?:客户|债务人|借款人|来电人|对方|持卡人|本人)[^我]{0,6}(?:表示|提到|称|说|要求|担心|害怕|反映|询问|问|希望|失业|情绪|请求)"
ZH_KIND = "抱歉|对不起|道歉|哀悼|节哀|理解|体谅|祝(?!你死)|保重|康复|恭喜|感谢|谢谢|很遗憾|慰问|照顾|辛苦|没关系|不用担心|请放心|热线|援助|没有义务|您可以|您也可以|如您|请问|请告诉|复印件|对账单|结清|需要我们|依法|按规定|如实|可以提出异议|您提到|您上次提到|不受影响|无关|您担心|依规|作出保证|不会从我们"
EN_SCAM = r"(?:anyone|anybody|someone|somebody|a caller|callers?|people|persons?|others|scam\w*|fraudsters?|impostors?|imposters?|impersonat\w+|pretend\w*|claim\w* to be|says? they are|in our name|our agents?|an agent|collectors?|fake|if you (?:get|receive)|consumers)\b.{0,80}(?:tell us|let us know|report (?:it|them|that)|hang up|(?:ring|phone|contact|write to) us|ignore (?:it|them)|call us|contact us|don'?t (?:trust|pay|answer)|not from us|beware|never do|is a scam|we never|complain|can report|please report|check with us|call the police and tell us)|(?:do not|don'?t|never|beware of|be wary of) (?:trust|pay|believe|answer|respond to)? ?(?:anyone|anybody|someone|people|callers?|calls)\b.{0,60}(?:claim|says?|say|pretend|police|court|threat)"
EN_CONSENT = r"(?:with|without|given|give|giving|unless you give|only with|has|have|need|needs|get) (?:us )?your (?:\w+ )?(?:consent|permission|authori[sz]ation|agreement|approval|ok)|(?:if|unless|when|once|because|since) you (?:\w+ )?(?:authori[sz]e|allow|agree|wish|would like|want us|want to|prefer|ask|like|choose|consent|permit|invite|gave|name|asked|need)|as you (?:asked|agreed|wished|wanted|requested)|at your request|you (?:may|can|could|might|are welcome to|are free to|have the right to) (?:\w+ )?(?:authori[sz]e|choose|appoint|name|have|bring|want|wish|talk|discuss|ask|involve|share|take|speak|consult|hire|use)|may (?:we|i) (?:speak|talk)|can (?:we|i) speak|in writing\b.{0,20}(?:authori)|may speak for you|may want to"
EN_LAW = r"no power to|court would have to|only (?:a|the) (?:court|judge|bailiff with)|only (?:be \w+ )?(?:after|with|by|if|once) (?:a |the |an )?(?:court |valid )?(?:judge?ment|order|court|judge)|(?:illegal|unlawful|against (?:the law|our (?:policy|rules|code))|not allowed|not permitted|prohibited|forbidden|banned|not authori[sz]ed|wrong) (?:for|to|from|by)\b|(?:law|policy|rules?|code) (?:forbids?|prohibits?|bans?|does not allow|stops?)|costs? (?:are|is) decided by|decided by (?:the|a) court|until a court|unless a court|if we ever|no (?:legal|court) (?:action|case|proceedings|papers|decision)\b.{0,20}(?:has|have|is|been|started|filed|taken|made|exists?|against|pending)|nothing has been (?:filed|decided|started)|no decision|not decided"
EN_CUSTOMER = r"^(?:the )?(?:customer|debtor|consumer|client|caller|borrower|account ?holder|tenant|card ?holder|(?:he|she|they) (?:is|was|were|says?|said|asked|told|wants?|lost|mentioned|explained|reported|fears?))\b|(?:customer|debtor|consumer|client|caller|borrower|he|she) (?:is|was|seemed|felt|sounded) (?:\w+ )?(?:afraid|worried|scared|anxious|upset|concerned)"
EN_KIND = r"\bsorry\b|condolences|apologi[sz]e|sympath|get well|wish (?:you|your family|him|her) (?:well|all|a (?:speedy|good|full))|congratulations on|understand|thank|thinking of hurting yourself|lifeline|help (?:is|you)|if you (?:lost|lose|have lost|are|feel|need|can'?t)|even if you can'?t|you mentioned|you told us|please tell us|we can (?:pause|wait|agree|reduce|lower|stop|adjust)|free (?:debt )?advice|copies|copy|you (?:may|can|could|might)|you don'?t (?:need|have)|your contact here|statement|accurate(?:ly)?|may be able|confidential|privacy|nothing from us|not affected|nothing to do with|check your contact|we removed|not (?:our|any) (?:concern|business)"
