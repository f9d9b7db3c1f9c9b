// Says in a form's summary of errors which field each is about: the links there carry the error's text alone.
export function nameFields() {
	for (const link of document.querySelectorAll('#form-summary a[href^="#f-"]')) {
		const id = link.hash.slice(1);
		const label = document.querySelector(`label[for="${CSS.escape(id)}"] .cdx-label__label__text`)
			?? document.getElementById(id.replace(/^f-/, 'l-'));
		if (label) {
			const name = document.createElement('strong');
			name.textContent = label.textContent.trim();
			link.prepend(name, ' – ');
		}
	}
}
