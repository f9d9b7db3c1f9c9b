// Finds a place by name while one types: a combobox over the same field that works by a button without this.
const PAUSE = 200;

class PlaceFinder {
	constructor(root) {
		this.root = root;
		this.input = root.querySelector('[name="place_query"]');
		this.asked = root.querySelector('[name="place_asked"]');
		this.chosen = root.querySelector('[data-chosen]');
		this.zone = this.input.form.elements.timezone;
		this.zoneAtFirst = this.zone.value;
		this.list = document.createElement('ul');
		this.list.className = 'suggestions';
		this.list.id = 'place-suggestions';
		this.list.hidden = true;
		this.list.setAttribute('role', 'listbox');
		this.list.setAttribute('aria-label', root.dataset.textChoose);
		this.status = document.createElement('p');
		this.status.className = 'hint';
		this.status.setAttribute('role', 'status');
		this.input.closest('.cdx-field').append(this.list, this.status);
		for (const [name, value] of Object.entries({
			role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false', 'aria-controls': this.list.id
		})) {
			this.input.setAttribute(name, value);
		}
		root.querySelector('.find-place').hidden = true;
		this.input.addEventListener('input', () => {
			clearTimeout(this.timer);
			this.timer = setTimeout(() => this.look(), PAUSE);
		});
		this.input.addEventListener('keydown', (event) => this.key(event));
		this.input.addEventListener('blur', () => setTimeout(() => this.close(), 150));
		this.list.addEventListener('pointerdown', (event) => {
			event.preventDefault();
			this.choose(event.target.closest('li'));
		});
	}

	async look() {
		const text = this.input.value.trim();
		this.status.textContent = '';
		if (text.length < 2 || text === this.asked.value) {
			this.close();
			return;
		}
		let found;
		try {
			const answer = await fetch(`${this.root.dataset.places}?q=${encodeURIComponent(text)}`);
			found = answer.ok ? await answer.json() : [];
		} catch {
			return; // the form's own button still finds it
		}
		if (text !== this.input.value.trim()) {
			return;
		}
		this.list.replaceChildren(...found.map((place, number) => {
			const item = document.createElement('li');
			item.id = `place-suggestion-${number}`;
			item.setAttribute('role', 'option');
			item.dir = 'auto';
			item.textContent = place.label;
			item.place = place;
			return item;
		}));
		this.status.textContent = found.length ? '' : this.root.dataset.textNone;
		this.list.hidden = !found.length;
		this.input.setAttribute('aria-expanded', String(found.length > 0));
	}

	key(event) {
		if (this.list.hidden) {
			return;
		}
		const items = [...this.list.children];
		const at = items.findIndex((item) => item.getAttribute('aria-selected') === 'true');
		if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
			const next = items[(at + (event.key === 'ArrowDown' ? 1 : -1) + items.length) % items.length];
			items.forEach((item) => item.setAttribute('aria-selected', String(item === next)));
			this.input.setAttribute('aria-activedescendant', next.id);
			next.scrollIntoView({ block: 'nearest' });
		} else if (event.key === 'Enter') {
			this.choose(items[Math.max(at, 0)]);
		} else if (event.key === 'Escape') {
			this.close();
		} else {
			return;
		}
		event.preventDefault();
	}

	choose(item) {
		if (!item) {
			return;
		}
		const { value, label, timezone } = item.place;
		const [name] = value.split('|');
		this.input.value = name;
		this.asked.value = name;
		const field = document.createElement('input');
		field.type = 'hidden';
		field.name = 'place';
		field.value = value;
		const told = document.createElement('p');
		told.className = 'hint';
		told.dir = 'auto';
		told.textContent = `✓ ${label}`;
		this.chosen.replaceChildren(field, told);
		if (timezone && this.zone.value === this.zoneAtFirst) {
			this.zone.value = timezone;
			this.zoneAtFirst = timezone;
		}
		this.close();
	}

	close() {
		this.list.hidden = true;
		this.input.setAttribute('aria-expanded', 'false');
		this.input.removeAttribute('aria-activedescendant');
	}
}

for (const root of document.querySelectorAll('[data-places]')) {
	new PlaceFinder(root);
}
