"""Names that suggest an office or a page of the site, in the languages of the interface, for `rules.is_office`.

Only administrators can create accounts with them. Those of the roles are also in `gateway/i18n/people`, which services
can't import; a test compares the two. Latin names are reserved without their accents too.
"""

from __future__ import annotations

_BY_LANGUAGE: dict[str, tuple[str, ...]] = {
    "en": (
        "admin", "administrator", "administrators", "administration", "moderator", "moderators", "moderation",
        "editor", "editors", "editorial board", "root", "system", "space", "staff", "team", "support", "help",
        "everyone", "all", "here", "anonymous", "nobody", "deleted", "unknown", "me", "new", "api", "www", "mail",
        "postmaster", "abuse", "security", "official",
    ),
    "ar": (
        "إداري", "الإداري", "الإدارة", "إدارة", "إدارة الموقع", "فريق الإدارة", "مدير", "المدير", "مدير الموقع",
        "مشرف", "المشرف", "مشرفون", "المشرفون", "الإشراف", "فريق الإشراف", "محرر", "المحرر", "التحرير",
        "هيئة التحرير", "الدعم", "فريق الدعم", "المساعدة", "النظام",
    ),
    "de": (
        "Administratorin", "Administratoren", "Moderatorin", "Moderatoren", "Redakteur", "Redakteurin", "Redaktion",
        "Verwaltung", "Verwalter", "Betreiber", "Leitung", "Hilfe", "System",
    ),
    "es": (
        "administrador", "administradora", "administradores", "administración", "moderador", "moderadora",
        "moderadores", "moderación", "editora", "editores", "redacción", "comité editorial", "soporte", "ayuda",
        "sistema",
    ),
    "fr": (
        "administrateur", "administratrice", "administrateurs", "modérateur", "modératrice", "modérateurs",
        "modération", "rédacteur", "rédactrice", "rédacteurs", "rédaction", "comité de rédaction", "éditeur",
        "assistance", "aide", "système", "équipe",
    ),
    "he": (
        "מנהל", "מנהלת", "מנהלים", "מנהל האתר", "הנהלה", "צוות הניהול", "מנחה", "מנחים", "עורך", "עורכת", "עורכים",
        "צוות העריכה", "מערכת", "תמיכה", "עזרה", "צוות",
    ),
    "hi": (
        "प्रशासक", "प्रशासन", "प्रबंधक", "प्रबन्धक", "संपादक", "सम्पादक", "संपादक मंडल", "मॉडरेटर", "संचालक", "सहायता",
    ),
    "ja": (
        "管理者", "管理人", "運営", "運営者", "運営チーム", "事務局", "編集者", "編集委員", "編集部", "モデレーター",
        "モデレータ", "サポート", "ヘルプ", "システム",
    ),
}  # fmt: skip

NAMES = frozenset(name for names in _BY_LANGUAGE.values() for name in names)
