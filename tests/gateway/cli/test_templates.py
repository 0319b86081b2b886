import json

_OLD, _NEW = "is ready", "waits for you"


def _edit(shop, old, new):
    file = shop.folder / "templates" / "welcome" / "en.md"
    file.write_text(file.read_text("utf-8").replace(old, new), "utf-8")


def test_templates_are_listed_with_their_languages_and_data(shop):
    shown, listed = shop("template", "list"), json.loads(shop("template", "list", "--json").stdout)

    assert shown.stdout.splitlines()[1].split() == ["welcome", "ar,", "en", "name:", "text"]
    assert [language["locale"] for language in listed["data"][0]["languages"]] == ["ar", "en"]


def test_lint_ends_well_warns_and_fails(shop):
    fine = shop("template", "lint")
    (shop.folder / "templates" / "welcome" / "ar.md").unlink()
    (shop.folder / "templates" / "_snippets").mkdir()
    (shop.folder / "templates" / "_snippets" / "en.toml").write_text('bye = "Bye"')
    warned, strict = shop("template", "lint"), shop("template", "lint", "--strict")
    _edit(shop, "{{ name }},", "{{ nme }},")
    failed = shop("template", "lint", "welcome", "--json")

    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "", "Nothing to mend.\n")
    assert (warned.returncode, strict.returncode, failed.returncode) == (0, 1, 1)
    assert warned.stdout == "warning templates/_snippets/en.toml: no template has the snippet 'bye'; remove it unused_part\n"
    (mistake,) = json.loads(failed.stdout)
    assert (mistake["severity"], mistake["code"], mistake["at"]) == ("mistake", "undeclared_variable", "templates/welcome/en.md:11:1")


def test_a_mistake_is_called_so_once(shop):
    _edit(shop, "+++", "++")

    told = shop("template", "lint").stdout

    assert told.startswith("mistake templates/welcome/en.md:1:1: has no front matter")
    assert told.count("mistake") == 1


def test_lint_tells_what_promotional_messages_lack(shop):
    mail = '[providers.mail]\nplugin = "smtp"\nhost = "127.0.0.1"\nsender = "hello@acme.example"\nsecurity = "none"\n'
    shop.config(f'{mail}[topics.offers]\ncategory = "promotional"\n')

    found = shop("template", "lint")

    assert found.returncode == 0
    assert found.stdout.startswith("warning brand default: the brand default has no legal line in ar; add legal = ")
    assert "there is no host for links to opt out by; set public_url under [server]" in found.stdout


def test_a_file_is_compared_to_what_was_sent_and_to_another_version(shop):
    shop("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--wait")
    same = shop("template", "diff", "welcome/en", "welcome/en")
    _edit(shop, _OLD, _NEW)
    changed = shop("template", "diff", "welcome").stdout.splitlines()
    version = next(line for line in changed if line.startswith("--- welcome/en")).split("(")[1][:8]
    by_version = shop("template", "diff", "welcome/en", version).stdout.splitlines()
    unknown = shop("template", "diff", "0123456789", "welcome/en")

    assert (same.stdout, same.stderr) == ("", "They are the same.\n")
    assert [line for line in changed if line.startswith("-**")] == ["-**welcome to Acme.** Your account is ready."]
    assert [line for line in by_version if line.startswith("+**")] == ["+**welcome to Acme.** Your account is ready."]
    assert unknown.returncode == 2
    assert "is neither a kept version nor a template's NAME/LANGUAGE" in " ".join(unknown.stderr.split())
