"""What Outlook and others put above a mail that is answered or forwarded: a separator, From, Date, To and Subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice

from services.mail.reading import limits
from services.mail.reading.attributions import plain
from services.mail.reading.lines import Line

_FROM = (
    "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|Feladó|De la|Expediteur|Expéditeur|От|От кого|Від|Ад|Από"
    "|Kimden|Gönderen|מאת|من|از"
    "|فرستنده|प्रेषक|द्वारा|থেকে|จาก|Từ|Dari|Daripada|差出人|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람"
    "|Nuo|Saatja|No|Pošiljatelj|Oд|Шаље|Sendandi"
    "|Remitent|Nork|Remitente|Mittente|Remetente|Afzender|Avsändare|Afsender|Avsender|Nadawca|Odesílatel"
    "|Odosielateľ|Feladó|Expeditor|Подател|Pošiljalac"
)
_DATE = (
    "Sent|Date|Gesendet|Datum|Envoyé|Enviado|Enviado el|Enviada em|Enviado em|Fecha|Data|Inviato|Verzonden"
    "|Skickat|Sendt|Dato|Lähetetty"
    "|Päivämäärä|Päiväys|Wysłano|Wysłane|Odesláno|Odoslané|Dátum|Elküldve|Küldve|Trimis|Отправлено|Дата"
    "|Надіслано|Адпраўлена|Изпратено|Στάλθηκε|Εστάλη"
    "|Ημερομηνία|Gönderildi|Gönderilen|Gönderme Tarihi|Tarih|נשלח|תאריך|تم الإرسال|أرسلت|التاريخ"
    "|تاريخ الإرسال|تاریخ|ارسال شده|भेजा गया|दिनांक|পাঠানো হয়েছে|ส่ง|วันที่"
    "|Đã gửi|Đã Gửi|Ngày|Dikirim|Dihantar|Tanggal|送信日時|日付|日時|发送时间|发送日期|寄件日期|傳送時間"
    "|日期|時間|时间|보낸 날짜|날짜|Išsiųsta|Saadetud|Nosūtīts|Poslano|Послато|Enviat|Sent at"
    "|Poslato|Senda|Inviata|Gesendet am|Datoms"
)
_TO = (
    "To|An|À|A|Para|Aan|Till|Til|Vastaanottaja|Do|Komu|Címzett|Către|Кому|Каму|До|Προς|Kime|Alıcı|אל|إلى|به"
    "|प्रति|प्राप्तकर्ता|প্রতি|ถึง|Đến|Tới|Kepada|Untuk|Ke"
    "|宛先|收件人|收件者|받는 사람|받는사람|Kam|Kellele|Saaja|Prima|Za|Prejemnik|За|Per a|Nori|Destinataire"
    "|Destinatario|Destinatário|A la atención de|Empfänger"
    "|Cc|CC|Kopie|Copie|Copia|Kopia|Kopio|Копия|Копія|Κοιν|Bilgi|Másolatot kap|Câmpul Cc|抄送|副本|참조"
    "|Másolat"
)
_SUBJECT = (
    "Subject|Betreff|Objet|Asunto|Oggetto|Assunto|Onderwerp|Ämne|Emne|Aihe|Temat|Předmět|Predmet|Tárgy"
    "|Subiect|Тема|Тэма|Относно|Θέμα|Konu|נושא|الموضوع|موضوع|विषय|বিষয়"
    "|ชื่อเรื่อง|เรื่อง|Chủ đề|Subjek|Perihal|Subyek|件名|主题|主題|主旨|제목|Tema|Teema|Temats|Zadeva"
    "|Assumpte|Gaia|Efni|Наслов|Dalykas"
)
_LABELS = {
    label.casefold(): kind
    for kind, labels in (("to", _TO), ("date", _DATE), ("subject", _SUBJECT), ("from", _FROM))
    for label in labels.split("|")
}
_FIELD = re.compile(r"([^\d\W][^:：]{0,24}?)\s?[:：]\s?(.*)")
_MOST_BETWEEN = 3
MOST_LINES = 24
"""The longest block of headers."""

_ORIGINAL = (
    "Original Message|Original message|Original Mail|Original Appointment|Reply Message|Reply message"
    "|Ursprüngliche Nachricht|Originalnachricht"
    "|Ursprüngliche E-Mail|Message d'origine|Message d’origine|Message original|Courriel original"
    "|Mensaje original|Mensaje originale"
    "|Messaggio originale|Messaggio Originale|Mensagem original|Mensagem Original|Oorspronkelijk bericht"
    "|Oorspronkelijke bericht|Originalmeddelande"
    "|Ursprungligt meddelande|Oprindelig meddelelse|Opprinnelig melding|Alkuperäinen viesti"
    "|Oryginalna wiadomość|Wiadomość oryginalna|Původní zpráva"
    "|Pôvodná správa|Eredeti üzenet|Mesaj original|Mesajul original|Исходное сообщение"
    "|Первоначальное сообщение|Оригинальное сообщение"
    "|Вихідне повідомлення|Оригінальне повідомлення|Оригинално съобщение|Αρχικό μήνυμα|Orijinal Mesaj"
    "|Özgün İleti|Orijinal İleti|הודעה מקורית|הודעה מקורית‏"
    "|الرسالة الأصلية|رسالة أصلية|پیام اصلی|मूल संदेश|ข้อความต้นฉบับ|Thư gốc|Tin nhắn gốc|Pesan Asli"
    "|Mesej asal|元のメッセージ|原始邮件|原始郵件|원본 메시지|원본 메일|Originalus laiškas"
    "|Algne kiri|Originalna poruka|Izvorna poruka|Izvirno sporočilo|Missatge original|Jatorrizko mezua"
)
_FORWARDED = (
    "Forwarded message|Forwarded Message|Weitergeleitete Nachricht|Message transféré|Message transferé"
    "|Mensaje reenviado|Mensaje enviado|Messaggio inoltrato"
    "|Messaggio Inoltrato|Mensagem encaminhada|Mensagem reencaminhada|Doorgestuurd bericht"
    "|Vidarebefordrat meddelande|Videresendt besked|Videresendt meddelelse|Videresendt melding"
    "|Välitetty viesti|Edelleenlähetetty viesti|Przekazana wiadomość|Wiadomość przekazana dalej"
    "|Přeposlaná zpráva|Preposlaná správa|Továbbított üzenet|Mesaj redirecționat|Mesaj redirectionat"
    "|Пересылаемое сообщение|Пересланное сообщение|Перенаправленное сообщение|Переслане повідомлення"
    "|Препратено съобщение|Προωθημένο μήνυμα|İletilen ileti|Yönlendirilmiş Mesaj|הודעה שהועברה|הודעה מועברת"
    "|رسالة معاد توجيهها|الرسالة المعاد توجيهها|پیام هدایت‌شده|अग्रेषित संदेश|ข้อความที่ส่งต่อ"
    "|Thư đã chuyển tiếp|Tin nhắn được chuyển tiếp|Pesan terusan|転送されたメッセージ|转发的邮件|转发邮件"
    "|轉寄郵件|전달된 메일|전달된 메시지"
    "|Missatge reenviat|Proslijeđena poruka|Edastatud kiri"
)
_BEGIN_FORWARDED = (
    "Begin forwarded message|Anfang der weitergeleiteten Nachricht|Début du message transféré"
    "|Début du message réexpédié|Inicio del mensaje reenviado|Inizio messaggio inoltrato"
    "|Início da mensagem encaminhada|Início da mensagem reencaminhada|Begin doorgestuurd bericht"
    "|Vidarebefordrat brev|Start på videresendt besked|Videresendt melding|Välitetty viesti alkaa"
    "|Początek przekazywanej wiadomości|Začátek přeposlané zprávy|Továbbított levél kezdete"
    "|Начало переадресованного сообщения|Начало переадресованного письма|Αρχή προωθημένου μηνύματος"
    "|İleti başlangıcı|تحويل الرسالة"
    "|転送されたメッセージ|下面是被转发的邮件|以下是轉寄的郵件|전달된 메시지 시작"
)


def _any(words: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in words.split("|"))


_ORIGINALS, _FORWARDS, _BEGIN_FORWARDS = _any(_ORIGINAL), _any(_FORWARDED), _any(_BEGIN_FORWARDED)
_DASHED = re.compile(r"\s*(-{2,40}|_{2,40})\s?([^-_].{2,60}?)\s?(-{2,40}|_{2,40})\s*")
_UNDERSCORES = re.compile(r"\s*(?:\\?_){10,}\s*|\s*-{3,}\s*")

FORWARDING = re.compile(
    r"\s*(?:fwd?|wg|weitergeleitet|tr|rv|inoltra|doorst|vb|vl|pd|přeposláno|továbbítás|пересл|прот|πρθ|ilt"
    r"|转发|轉寄|전달|転送|fyrir)\s?[:：]",
    re.IGNORECASE,
)
"""How the subject of a mail begins that is forwarded."""


def is_original_separator(text: str) -> bool:
    """Whether a line says that the original message follows (`-----Original Message-----`)."""
    found = _DASHED.fullmatch(text.strip("* ")) if len(text) <= limits.LONGEST_LINE else None
    return found is not None and found[2].strip().casefold() in _ORIGINALS


def is_forward_separator(text: str) -> bool:
    """Whether a line says that a forwarded message follows."""
    if len(text) > limits.LONGEST_LINE:
        return False
    found = _DASHED.fullmatch(text)
    if found is not None and found[2].strip().casefold() in _FORWARDS:
        return True
    return plain(text).rstrip(":： ").casefold() in _BEGIN_FORWARDS


def is_rule(text: str) -> bool:
    """Whether a line is only dashes or underscores."""
    return len(text) <= limits.LONGEST_LINE and _UNDERSCORES.fullmatch(text) is not None


def block_length(lines: Sequence[Line], start: int) -> int:
    """The number of lines of the block of headers that begins at `start`, 0 if none does there.

    It has at least three kinds of From, Date, To and Subject, the first of them From or a date; long values may go
    on in the next lines.
    """
    kinds: list[str] = []
    end, between = start, 0
    for offset, line in enumerate(islice(lines, start, start + MOST_LINES)):
        kind = field_kind(line.text)
        if offset == 0 and kind not in ("from", "date"):
            return 0
        if kind:
            kinds.append(kind)
            end, between = start + offset + 1, 0
        else:
            between += 1
            if between > _MOST_BETWEEN or (between > 1 and line.blank and len(set(kinds)) > 2):
                break
    return end - start if len(set(kinds)) >= 3 and "from" in kinds else 0


def field_kind(text: str) -> str:
    """Whether a line is `from`, `date`, `to` or `subject` with a value; `""` if it is none of them."""
    found = _FIELD.match(plain(text))
    if found is None:
        return ""
    return _LABELS.get(found[1].strip().casefold(), "")
