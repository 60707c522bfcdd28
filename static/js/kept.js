// Lists of texts that are kept in this browser and nowhere else.
const keptTexts = {
  read(key) {
    try {
      const kept = JSON.parse(localStorage.getItem(key) ?? "[]");
      return Array.isArray(kept) ? kept.filter((text) => typeof text === "string") : [];
    } catch {
      return [];
    }
  },
  write(key, texts) {
    try {
      localStorage.setItem(key, JSON.stringify(texts));
    } catch {
      // A browser that keeps nothing offers nothing.
    }
  },
};
