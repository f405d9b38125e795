"""Texts and questions that are not the project's own, as a reader might bring them; `tests.foreign` writes them."""

FOLDER = "not ours"  # below a checkout
CORPUS_FILE, QUERIES_FILE, MODEL_FOLDER = "my texts.jsonl", "my questions.parquet", "my model"
NAMES = {"corpus": CORPUS_FILE, "queries": QUERIES_FILE, "model": MODEL_FOLDER}  # by the key of the section `ask`
CONTEXT = 16  # of the model, in tokens: its tokenizer takes a word for one

TEXTS = [
    {"id": "tea", "text": "Green tea is brewed with water that does not boil"},
    {"id": "black", "text": "Black tea is brewed with water that boils"},
    {"id": 7, "text": "Coffee beans are roasted before they are ground"},
    {"text": "Bread rises because yeast makes gas in the dough"},
    {"id": "salt", "text": "Salt slows the yeast in the dough", "candidate": None},
    {"id": "soup", "text": "The soup boils in a pot"},
    {"id": "new", "text": "White tea is brewed with warm water", "candidate": True},
]
QUERIES = [
    {"id": "gas", "prompt": "Yeast makes", "completion": " gas", "wrong": False},
    {"id": "boil", "prompt": "Green tea is brewed with water that", "completion": " boils", "wrong": True},
]
