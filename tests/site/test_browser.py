"""The built site in headless Chromium, cut off from every other host."""

import shutil
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import sync_playwright

from tests.pages import PAGES

PHONE, DESKTOP = 390, 1200  # pixels
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.dag,
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: apt-get install chromium"),
]


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address(smoke):
    """The site served on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=smoke.path / "results/site"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield running
        running.close()


@contextmanager
def blank(browser, address, width):
    """A browser page that notes complaints, and requests to anything but the site, which it refuses."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="light")
    complaints = []

    def gate(route):
        if route.request.url.startswith(address):
            route.continue_()
        else:
            complaints.append(f"asked for {route.request.url}")
            route.abort()

    context.route("**/*", gate)
    page = context.new_page()
    page.complaints = complaints
    page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()


@pytest.fixture
def page(browser, address):
    with blank(browser, address, DESKTOP) as page:
        yield page


@pytest.fixture(scope="module", params=PAGES)
def on_a_phone(browser, address, request):
    """A page of the site, loaded once for the tests below, which pytest runs page by page in the order of this file."""
    with blank(browser, address, PHONE) as page:
        yield opened(page, address, request.param)


def opened(page, address, name):
    page.goto(f"{address}/notebooks/{name}.html")
    page.wait_for_function(
        "[...document.querySelectorAll('.plotly-figure')].every((figure) => figure.classList.contains('drawn'))"
    )
    page.wait_for_function("window.MathJax?.startup?.promise?.then(() => true)")
    return page


def test_figures_are_drawn_and_equations_typeset_without_a_complaint(on_a_phone):
    figures = on_a_phone.locator(".plotly-figure").count()
    assert figures > 0
    assert on_a_phone.locator(".plotly-figure .main-svg").count() >= figures
    assert on_a_phone.locator("figcaption").count() >= figures
    assert on_a_phone.locator("mjx-container").count() > 10
    assert on_a_phone.locator("mjx-merror, .MathJax_Error").count() == 0
    assert on_a_phone.complaints == []


def test_no_figure_is_wider_than_a_phone(on_a_phone):
    figures = on_a_phone.locator(".plotly-figure .main-svg")
    assert max(figures.evaluate_all("(all) => all.map((svg) => svg.clientWidth)")) <= PHONE


def test_figures_use_the_width_of_a_desktop_and_dark_mode_changes_page_and_figures(on_a_phone):
    page = on_a_phone
    page.set_viewport_size({"width": DESKTOP, "height": 900})
    page.wait_for_function(
        f"[...document.querySelectorAll('.plotly-figure .main-svg')].some((svg) => svg.clientWidth > {PHONE})"
    )

    def colours():
        return page.evaluate(
            """() => [getComputedStyle(document.body).backgroundColor,
                      getComputedStyle(document.querySelector('.plotly-figure .xtick text')).fill]"""
        )

    light = colours()
    page.locator("button.theme-switch-button").first.click()
    page.locator("button.theme-change-button[data-mode=dark]").first.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.wait_for_function(
        "(before) => getComputedStyle(document.querySelector('.plotly-figure .xtick text')).fill !== before",
        arg=light[1],
    )
    assert colours()[0] != light[0]
    assert page.complaints == []


def test_search_finds_neumann(page, address):
    page.goto(f"{address}/search.html?q=Neumann")
    page.wait_for_selector("#search-results li a")
    links = page.eval_on_selector_all("#search-results li a", "(all) => all.map((link) => link.getAttribute('href'))")
    assert any("01_taylor_neumann" in link for link in links)
    assert page.complaints == []


def test_the_front_page_links_each_measured_claim_to_its_verdict(page, address):
    page.goto(f"{address}/index.html")
    links = page.eval_on_selector_all(".ledger td:first-child a", "(all) => all.map((link) => link.href)")
    assert len(links) == 51
    for link in (links[0], links[-1]):
        page.goto(link, wait_until="domcontentloaded")
        assert page.locator(f"#{link.split('#')[1]} .verdict").count() == 1
    assert page.complaints == []


def test_code_unfolds(page, address):
    page.goto(f"{address}/notebooks/{PAGES[0]}.html")
    hidden = page.locator("details.hide").first
    assert hidden.get_attribute("open") is None
    page.get_by_role("button", name="Show all code").click()
    assert hidden.get_attribute("open") is not None
