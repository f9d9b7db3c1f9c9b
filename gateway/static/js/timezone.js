// Times are shown in the reader's zone, which only the browser knows. A choice in the settings stays.
export function rememberTimeZone() {
	if (/(^|; )space_timezone=/.test(document.cookie)) {
		return;
	}
	const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
	if (zone) {
		const secure = location.protocol === 'https:' ? '; Secure' : '';
		document.cookie = `space_timezone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
	}
}
