// Keeps what is written into <form data-keep="whose and which"> in this browser until the server has it, so that a
// closed tab, a lost connection or an expired session costs no text. The form then carries a mark of the copy in its
// field `kept`; the cookie `space_kept` with that mark says that it arrived (gateway/form_receipts.py). A copy is this person's
// alone, goes with signing out, and after thirty days.
const PREFIX = 'space-kept ';
const PAUSE = 400;
const LIFE = 30 * 24 * 3600 * 1000;
const UNKEPT = ['hidden', 'password', 'file', 'submit', 'button'];

export function startFormReceipts() {
	try {
		dropArrived();
		for (const form of document.querySelectorAll('form[action="/sign-out"]')) {
			form.addEventListener('submit', () => each((key) => localStorage.removeItem(key)));
		}
		for (const form of document.querySelectorAll('form[data-keep]')) {
			new Kept(form);
		}
	} catch {
		// No storage in this browser: the forms work without.
	}
}

function each(visit) {
	for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
		visit(key, read(key));
	}
}

function read(key) {
	try {
		return JSON.parse(localStorage.getItem(key)) ?? {};
	} catch {
		return {};
	}
}

function dropArrived() {
	const arrived = document.cookie.match(/(?:^|; )space_kept=([a-z0-9]+)/)?.[1];
	each((key, copy) => {
		if (copy.mark === arrived || !(copy.at > Date.now() - LIFE)) {
			localStorage.removeItem(key);
		}
	});
	if (arrived) {
		document.cookie = 'space_kept=; Max-Age=0; Path=/; SameSite=Lax';
	}
}

class Kept {
	constructor(form) {
		this.form = form;
		this.key = PREFIX + form.dataset.keep;
		// Where the server refused the form it gave back what was typed, which is newer than any copy.
		this.refused = document.getElementById('form-summary') !== null;
		this.first = this.contents();
		this.mark = document.createElement('input');
		this.mark.type = 'hidden';
		this.mark.name = 'kept';
		form.append(this.mark);
		const copy = read(this.key);
		this.started = this.refused || copy.values !== undefined;
		this.mark.value = copy.mark ?? newMark();
		if (copy.values && !this.refused) {
			this.bringBack(copy);
		}
		form.addEventListener('input', () => {
			clearTimeout(this.timer);
			this.timer = setTimeout(() => this.keep(), PAUSE);
		});
		form.addEventListener('submit', () => this.keep());
		addEventListener('pagehide', () => this.timer && this.keep());
	}

	fields() {
		return [...this.form.elements].filter((field) => field.id && field.name && !UNKEPT.includes(field.type));
	}

	contents() {
		return Object.fromEntries(this.fields().map((field) => [
			field.id, ['checkbox', 'radio'].includes(field.type) ? field.checked : field.value
		]));
	}

	keep() {
		clearTimeout(this.timer);
		this.timer = 0;
		const values = this.contents();
		if (!this.started && JSON.stringify(values) === JSON.stringify(this.first)) {
			localStorage.removeItem(this.key);
			return;
		}
		const revision = this.form.elements.revision?.value;
		localStorage.setItem(this.key, JSON.stringify({ mark: this.mark.value, at: Date.now(), values, revision }));
	}

	bringBack(copy) {
		let changed = false;
		for (const field of this.fields()) {
			const value = copy.values[field.id];
			if (typeof value === 'boolean') {
				changed ||= field.checked !== value;
				field.checked = value;
			} else if (typeof value === 'string') {
				const wanted = this.withNew(field, value);
				changed ||= field.value !== wanted;
				field.value = wanted;
			}
		}
		if (!changed) {
			return;
		}
		if (copy.revision) {
			// What was written stands on that revision: if another came meanwhile, the server shows both.
			this.revision = this.form.elements.revision.value;
			this.form.elements.revision.value = copy.revision;
		}
		this.tell();
	}

	// A reply that comes with a text brings a quotation: it joins what was written.
	withNew(field, kept) {
		const brought = 'keepJoins' in this.form.dataset && field.tagName === 'TEXTAREA' ? field.value.trim() : '';
		return brought && !kept.includes(brought) ? `${kept.trim()}\n\n${field.value}` : kept;
	}

	tell() {
		const { textKept, textDrop } = this.form.dataset;
		const note = document.createElement('div');
		note.className = 'cdx-message cdx-message--block cdx-message--notice kept-note';
		note.setAttribute('role', 'status');
		const sign = document.createElement('span');
		sign.className = 'cdx-message__icon';
		const words = document.createElement('div');
		words.className = 'cdx-message__content';
		words.textContent = `${textKept} `;
		const drop = document.createElement('button');
		drop.type = 'button';
		drop.className = 'cdx-button cdx-button--size-small';
		drop.textContent = textDrop;
		drop.addEventListener('click', () => {
			localStorage.removeItem(this.key);
			this.started = false;
			this.form.reset();
			if (this.revision) {
				this.form.elements.revision.value = this.revision;
			}
			note.remove();
		});
		words.append(drop);
		note.append(sign, words);
		this.form.prepend(note);
	}
}

function newMark() {
	return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => (byte % 36).toString(36)).join('');
}
