// Saves a form as it is written: <form data-autosave="/where/to"> with an element [data-save-state] for each state's text
// in data-text-saving, -saved, -failed, -conflict. The server answers {"revision": n, "action": new address of the form}.
const PAUSE = 1500;

export function startDrafts() {
	for (const form of document.querySelectorAll('form[data-autosave]')) {
		new Draft(form);
	}
}

class Draft {
	constructor(form) {
		this.form = form;
		this.state = form.querySelector('[data-save-state]');
		this.saved = this.contents();
		this.busy = false;
		this.stopped = false;
		form.addEventListener('input', () => this.later());
		form.addEventListener('submit', () => this.stop());
		addEventListener('beforeunload', (event) => this.guard(event));
	}

	contents() {
		const data = new FormData(this.form);
		for (const name of ['csrf_token', 'revision']) {
			data.delete(name);
		}
		// A picture goes with the form itself; only text is saved on the way.
		return [...data].filter(([, value]) => typeof value === 'string').map(([name, value]) => `${name}=${value}`).join('\n');
	}

	later() {
		clearTimeout(this.timer);
		if (!this.stopped) {
			this.timer = setTimeout(() => this.save(), PAUSE);
		}
	}

	async save() {
		const contents = this.contents();
		if (this.busy || this.stopped || contents === this.saved) {
			return;
		}
		this.busy = true;
		this.show('saving');
		try {
			const body = new URLSearchParams();
			for (const [name, value] of new FormData(this.form)) {
				if (typeof value === 'string') {
					body.append(name, value);
				}
			}
			body.set('do', 'autosave');
			const answer = await fetch(this.form.dataset.autosave, {
				method: 'POST', body, headers: { Accept: 'application/json' }
			});
			if (answer.status === 409) {
				this.stop();
				this.show('conflict');
				return;
			}
			if (!answer.ok) {
				throw new Error(String(answer.status));
			}
			this.accept(await answer.json(), contents);
		} catch {
			this.show('failed');
			this.timer = setTimeout(() => this.save(), 4 * PAUSE);
		} finally {
			this.busy = false;
		}
		if (this.contents() !== this.saved) {
			this.later();
		}
	}

	accept(answer, contents) {
		this.saved = contents;
		this.form.elements.revision.value = answer.revision;
		if (answer.action && this.form.dataset.autosave !== answer.action) {
			this.form.dataset.autosave = answer.action;
			this.form.action = answer.action;
			history.replaceState(null, '', answer.action);
		}
		this.show('saved');
	}

	show(name) {
		if (this.state) {
			this.state.dataset.state = name;
			this.state.textContent = this.state.dataset[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? '';
		}
	}

	stop() {
		this.stopped = true;
		clearTimeout(this.timer);
	}

	guard(event) {
		if (!this.stopped && this.contents() !== this.saved) {
			event.preventDefault();
		}
	}
}
