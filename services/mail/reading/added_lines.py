"""What programs and firms add below a text, in their own words: "Sent from my phone", notices of confidentiality."""

from __future__ import annotations

import re

from services.mail.reading.attributions import plain

_LONGEST_ADDED = 160
_MANY_WORDS = 8
"""A longer line about a phone is rather a sentence that somebody wrote."""

_DEVICES = (
    r"iphon\w*|ipad\w*|ipod|android|galaxy|samsung|huawei|xiaomi|redmi|oneplus|pixel|motorola|moto|nokia|lg"
    r"|sony"
    r"|xperia|blackberry|handy|mobile"
    r"|mobil\w*|phone|smartphone|tablet\w*|telefon\w*|téléphone|teléfono|telefone|móvil|cellulare|portable"
    r"|mobiele|telefoon|device|gerät|appareil"
    r"|outlook|ios|mail|e-mail|email|yahoo|gmail|aol|gmx|web\.de|windows|k-9|thunderbird|fairmail|bluemail"
    r"|spark"
    r"|proton\w*|tuta\w*|posteo|mailbox"
    r"|fairphone|lineageos|honor|oppo|vivo|realme|htc|dispositivo|appar\w*|enhet|laite\w*|puhelime\w*"
    r"|urządzeni\w*|telefonu|mobilu|zařízení"
    r"|készülék\w*|устройств\w*|телефон\w*|смартфон\w*|мобильн\w*|почт\w*|пошт\w*|συσκευή|κινητό|cihaz\w*|cep"
)
_SENT = (
    "sent from|sent with|sent via|sent using|get outlook for|outlook for|gesendet von|gesendet mit"
    "|von meinem"
    "|envoyé de|envoyé depuis|envoyé à partir|télécharger outlook pour|obtenez outlook|enviado desde"
    "|enviado con|obtener outlook para|enviado do|enviado de|enviado a partir"
    "|enviado via|obter o outlook|enviat des|inviato da|inviato con|scarica outlook|ottieni outlook"
    "|verzonden vanaf|verzonden met|verzonden vanuit|verstuurd vanuit|verstuurd vanaf|verstuurd met"
    "|outlook voor"
    "|skickat från|skickades från|sendt fra|sendt med|hent outlook|hämta outlook|skaff deg outlook"
    "|lähetetty|hanki outlook|wysłane z|wysłano z|pobierz aplikację outlook|odesláno z|odoslané z"
    "|získejte outlook"
    "|az én|küldve|elküldve|trimis de pe|trimis din|trimis cu|obțineți outlook|отправлено с|отправлено из"
    "|отправлено от|надіслано з|відправлено з|надіслано від|адпраўлена з|изпратено от|στάλθηκε από"
    "|εστάλη από"
    "|gönderildi|tarafımdan gönderildi|poslano s|poslano z|послато са|poslato sa|dikirim dari|gửi từ"
    "|được gửi từ|đã gửi từ|išsiųsta iš|saadetud minu|nosūtīts no|sendt frá|bidali"
)
_FROM_DEVICE = re.compile(rf"(?:{_SENT})\b.{{0,60}}?\b(?:{_DEVICES})\b.{{0,60}}", re.IGNORECASE)
_ADDED = re.compile(
    r".{0,30}\b(?:iphone|ipad|android|galaxy|outlook)\b.{0,40}(?:gönderildi|küldve|küldöm|lähetetty|gönderdim)\.?"
    r"|.{0,40}(?:iPhone|iPad|Android|Galaxy|Outlook)\s?(?:から送信|에서 보냄|에서 보낸|용 Outlook).{0,20}"
    r"|.{0,20}에서 보냄"
    r"|(?:发自我的|發自我的|从我的|從我的|发自|發自|傳送自我的|來自我的).{1,40}|(?:获取|下载"
    r"|取得)\s?outlook.{0,40}"
    r"|(?:أرسلت من|أُرسلت من|تم الإرسال من|مرسل من|احصل على|ارسل من|أُرسل من).{1,60}|(?:נשלח מה|נשלח מ"
    r"|נשלחה מ|קבל את outlook).{1,60}"
    r"|(?:ارسال شده از|ارسال‌شده از|از .{1,20} من ارسال).{0,60}|(?:मेरे|मेरी) .{1,30} (?:से )?भेजा गया.{0,20}"
    r"|(?:ส่งจาก).{1,40}|(?:আমার .{1,30} থেকে পাঠানো).{0,20}"
    r"|diese (?:nachricht|e-mail) wurde von .{1,60} gesendet|this (?:email|message) was sent (?:from"
    r"|with) .{1,40}"
    r"|yahoo mail: search, organize, conquer|please excuse (?:my brevity|the brevity|typos|any typos).{0,40}"
    r"|virus-free\.? ?.{0,60}|virenfrei\.? ?.{0,60}|sans virus\.? ?.{0,60}",
    re.IGNORECASE,
)
_BREVITY = re.compile(
    r"\s?(?:please excuse|sorry for|excuse|bitte entschuldigen|diese nachricht).{0,80}$", re.IGNORECASE
)
_LINKS = re.compile(r"\[([^\[\]]{0,100})\]\([^()\s]{0,300}\)|<https?://[^<>\s]{0,300}>|https?://\S{0,300}")
_NOTICES = re.compile(
    r"(?:confidentiality notice|confidential notice|privileged (?:and|/) confidential|legal disclaimer"
    r"|disclaimer|email disclaimer)\s?[:.-]?(?:$|\s.{40})"
    r"|(?:this|the information (?:contained )?in this|the contents of this) (?:e-?mail|message|communication"
    r"|transmission)"
    r" .{0,120}(?:confidential|intended (?:only|solely)|privileged)"
    r"|diese (?:e-?mail|nachricht) (?:und .{0,60} )?(?:ist|sind|enthält|kann|enthalten).{0,80}vertraulich"
    r"|(?:ce message|cet? e-?mail|ce courriel|ce courrier électronique).{0,120}confidentiel"
    r"|(?:este (?:mensaje|correo)).{0,160}confidencial|(?:esta mensagem|este e-?mail).{0,160}confidencia"
    r"|(?:questo messaggio|questa e-?mail|il presente messaggio"
    r"|le informazioni contenute).{0,160}(?:confidenzial|riservat)"
    r"|(?:dit bericht|deze e-?mail|dit e-mailbericht).{0,120}vertrouwelijk|(?:настоящее|это"
    r"|данное) (?:сообщение|письмо).{0,120}конфиденциальн",
    re.IGNORECASE,
)


def is_added(text: str) -> bool:
    """Whether a line was added by a program ("Sent from my phone")."""
    if not text or len(text) > _LONGEST_ADDED * 2:
        return False
    line = plain(_LINKS.sub(lambda found: found[1] or "", text)).strip("()<>. ")
    line = _BREVITY.sub("", line).rstrip(". ") or line
    if not line or len(line) > _LONGEST_ADDED:
        return False
    if len(line.split()) <= _MANY_WORDS and _FROM_DEVICE.fullmatch(line):
        return True
    return _ADDED.fullmatch(line) is not None


def is_notice(paragraph: str) -> bool:
    """Whether a paragraph begins as only notices of confidentiality do."""
    return _NOTICES.match(plain(paragraph[:400])) is not None
