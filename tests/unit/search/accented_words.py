"""Words with accents that people leave out when they search, by language."""

from __future__ import annotations

WORDS = {
    "es": "fotografía edición canción María árbol educación país artículo próxima reunión información código público "
    "biografía México Bogotá música enciclopedia búsqueda jardín inglés análisis día después traducción",
    "pt": "não São Paulo edição edições ação informação história português você comunidade câmara irmão irmã "
    "canções reunião próxima página ciência conteúdo município avó pão pães coração",
    "fr": "égalité fraternité événement événements français publiée bibliothèque été forêt théâtre œuvre "
    "réunion rédaction élève âge où hôpital Noël naïve reçu français château créées médiathèque",
    "ro": "București România știri țară fotografii înregistrare școală învățământ cunoaștere mulțumesc "
    "întâlnire grădină conținut acțiune bibliotecă cetățean întrebări",
    "it": "città università perché libertà più caffè comunità attività può qualità virtù martedì lunedì verità",
    "de": "Häuser Bücher größe Straße München Österreich Übersetzung schön Änderung Mädchen fröhlich Köln "
    "Enzyklopädie Gespräch Fußball Bündnis",
    "cs": "žluťoučký kůň příliš úpěl ďábelské ódy fotografie město příběh článek děkuji Čeština překlad Praha "
    "Dvořák komunitě město náměstí setkání",
    "pl": "książka książki zażółć gęślą jaźń Łódź Kraków społeczność artykuł spotkanie dziękuję źródło "
    "Wrocław tłumaczenie wydarzenie pięć święto ćwiczenie",
    "vi": "tiếng Việt Hà Nội cộng đồng đường thư viện bách khoa toàn thư người dùng bài viết sự kiện ảnh",
    "hu": "könyvtár őszi tűz szerkesztő közösség Magyarország találkozó fénykép író űrhajó",
    "sk": "ďakujem čitateľ článok stretnutie knižnica fotografia úprava ľudia",
    "hr": "čovjek šuma životinja đak općina knjižnica rječnik",
    "lt": "žmogus ąžuolas šeštadienis bendruomenė įvykis",
    "lv": "grāmata bibliotēka pasākums šodien",
    "ca": "català història Barcelona llengües emoció àrea",
    "nl": "café reünie coördinatie één financiën",
    "tr": "güneş çiçek öğrenci şehir müzik",
    "en": "naïve café résumé Zoë façade",
    "eo": "ĉeĥa ŝipo ĵurnalo aŭtoro ĝardeno",
    "ga": "Éire fáilte múinteoir",
    "yo": "Yorùbá ẹ̀kọ́ ọ̀rọ̀",
    "el": "Ελλάδα φωτογραφία κοινότητα βιβλιοθήκη",
    "ru": "ёлка зелёный самолёт",
    "ar": "مُحَمَّد أحمد إسلام مكتبة",
    "he": "שָׁלוֹם יִשְׂרָאֵל",
}
