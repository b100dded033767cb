"""What a step does to a state: the browser, the servers and the pool acting on each other.

Rule: what can race is apart. A request is judged when it is sent; the pool acts when it is asked; the pool's answer and
the server's response reach whoever waits for them in steps of their own, in any order. What nobody could tell apart is
one step: a response that neither writes nor leads anywhere arrives at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardtack.explore.felt import ENTERS, LEAVES
from hardtack.explore.journal import Calls, Journal
from hardtack.explore.pool import Accepted, Refused, Unavailable
from hardtack.explore.script import BEGIN, Ask, Done, Lock, Memory, Run, replied
from hardtack.explore.script import Pool as PoolGate
from hardtack.explore.servers.flows import LOOKS, Call, Request, Response, Waits
from hardtack.explore.state import BLANK, Flight, State, Tab
from hardtack.explore.waiting import (
    FAILED,
    answer_at,
    as_json,
    begun,
    committed,
    deserted,
    in_line,
    is_free,
    leaves,
    left,
    place_of,
    told_pool,
    went_on,
)
from hardtack.explore.world import AUTH_PATH, BASE_PATH, SIGN_IN_PATH, Fault, Server

if TYPE_CHECKING:
    from hardtack.explore.felt import Felt
    from hardtack.explore.jars import Jars
    from hardtack.explore.pool import PoolAnswer
    from hardtack.explore.script import Gate
    from hardtack.explore.scripts import Scripts, Worked
    from hardtack.explore.servers.flows import Answers, Halt
    from hardtack.explore.state import Running
    from hardtack.explore.world import World
    from hardtack.sessions.coordination.sqlite import Snapshot

__all__ = ["HOUR", "MINUTES", "Moves"]

HOUR: Final = 3_700  # seconds: every access token ends
MINUTES: Final = 130  # seconds: longer than any grace period and than Hardtack keeps an acknowledged successor
_WITH_SCRIPT: Final = {  # the other pages are Hardtack's own
    Server.STOCK: frozenset({"site", "login"}),
    Server.SHIELD: frozenset({"site", "login"}),
    Server.LIBRARY: frozenset({"site"}),
}
_MOST_CALLS: Final = 8  # to the pool, for one request: the engine makes three at the most


@dataclass(frozen=True, slots=True)
class Moves:
    """Carries steps out. Pure: a state in, a state out.

    Attributes:
        world: the world.
        jars: its jars.
        server: who answers.
        scripts: what runs in the pages.
        felt: what of an answer makes a difference here.
        calls: counts the calls to the pool and the requests to the site.
        journal: where what happens within a step is written down for people; empty and idle in a search.
    """

    world: World
    jars: Jars
    server: Any
    scripts: Scripts | None
    felt: Felt
    calls: Calls = field(default_factory=Calls)
    journal: Journal = field(default_factory=Journal)

    # -- what a person does -----------------------------------------------------------------------------------------

    def navigate(
        self, state: State, tab: int, path: str = "/", *, by_script: bool = False, method: str = "GET", body: str = ""
    ) -> State:
        """A tab asks for a page. What it showed is of no concern any more: nobody can do anything with it."""
        at = state.tabs[tab]
        if not at.loading:
            state = state.with_tab(tab, Tab(at.host, memory=Memory("", at.memory.tab), loading=True))
        context = self._context_of_pages()
        return self._send(
            state, "navigation", tab, path, by_script=by_script, method=method, body=body, context=context
        )

    def fetch(self, state: State, tab: int, context: int) -> State:
        """Script asks the server in the background."""
        return self._send(state, "fetch", tab, "/api/session", context=context, method="POST")

    def begin(self, state: State, tab: int, run: Run) -> State:
        """Script begins something."""
        at = state.tabs[tab]._replace(running=begun(run))
        return self._go_on(state.with_tab(tab, at), tab, 0, BEGIN)

    def sign_in(self, state: State, tab: int, user: str) -> State:
        """A person gives the right password."""
        if self.world.has_script and self.world.server is not Server.LIBRARY:
            return self.begin(state, tab, Run("sign-in", user, self._path_of(state.tabs[tab])))
        return self.navigate(state, tab, f"{AUTH_PATH}/sign-in", method="POST", body=user)

    def sign_out(self, state: State, tab: int, *, everywhere: bool = False) -> State:
        """A person signs out."""
        by_script = self.world.has_script and self.world.server is not Server.LIBRARY
        if by_script or state.reaches:
            left = [state.rightful] if state.rightful else []
            state = state._replace(pool=state.pool.leave(left), rightful="")
        if by_script:
            name = "sign-out-everywhere" if everywhere else "sign-out"
            return self.begin(state, tab, Run(name, "", self._path_of(state.tabs[tab])))
        body = "everywhere" if everywhere else ""
        return self.navigate(state, tab, f"{AUTH_PATH}/sign-out", method="POST", body=body)

    def recover(self, state: State, tab: int) -> State:
        """A person presses the button of the guidance page."""
        base = AUTH_PATH if self.world.server is Server.LIBRARY else BASE_PATH
        return self.navigate(state, tab, f"{base}/recover", method="POST")

    # -- what happens by itself -------------------------------------------------------------------------------------

    def arrive(self, state: State, number: int) -> State:
        """A response reaches the browser."""
        flight = state.flights[number]
        response = flight.response
        assert response is not None  # noqa: S101 -- only what was answered arrives; tells the type checker so
        state = state.without_flight(number)
        url = f"https://{flight.request.host}{flight.request.path.partition('?')[0]}"
        jar = self.jars.store(state.jar, url, response.lines, state.now)
        if response.clears:
            jar = self.jars.clear_site_data(jar, url, state.now)
        outside = jar is not state.jar and flight.kind != "navigation"
        state = state._replace(jar=jar, clean=state.clean and not outside)
        if flight.request.method == "POST" and flight.request.path in LEAVES:
            state = state._replace(rightful="")  # a person's own sign-out, however late, ends what it finds
        if flight.request.method == "POST" and flight.request.path == ENTERS and response.sign_in:
            state = state._replace(rightful=response.sign_in)
        match flight.kind:
            case "navigation":
                return self._arrived(state, flight, response)
            case "ask":
                return self._replied(state, flight, replied(json.loads(response.body or "null")))
            case _:
                return state

    def lose(self, state: State, number: int) -> State:
        """A response is lost."""
        flight = state.flights[number]
        state = state.without_flight(number)
        return self._unanswered(state, flight)

    def answer_server(self, state: State, number: int, answer: PoolAnswer | None = None) -> State:
        """The pool's answer reaches the server; or the server looks again whether it need wait."""
        flight = state.flights[number]
        if flight.foreseen is not None:
            response, store = self.server.do(flight.foreseen, state.store)
            flight = flight._replace(foreseen=None)
            return self._answered(state.without_flight(number)._replace(store=store), flight, response, place=number)
        told = None if flight.waits else flight.held if answer is None else answer
        return self._serve(state.without_flight(number), flight, (*flight.answers, told), place=number)

    def answer_tab(self, state: State, tab: int, place: int, answer: PoolAnswer | None = None) -> State:
        """What a tab's script waits for in this place comes."""
        return self._go_on(state, tab, place, answer_at(state, tab, place) if answer is None else as_json(answer))

    def close(self, state: State, tab: int, *, place: int, most: int) -> State:
        """The pool's answer reaches a tab's script, and the tab is closed half-way through what it writes then."""
        jar = self._work(state, tab, place, answer_at(state, tab, place), most=most).jar
        state = deserted(state._replace(jar=jar, clean=False), tab)
        return state.with_tab(tab, BLANK._replace(host=state.tabs[tab].host))

    def ask_server(self, state: State, path: str) -> Response | None:
        """What a person's page load would be answered, all by itself; None if that never comes."""
        context = self._context_of_pages()
        request = Request(
            method="GET", kind="navigation", host=self.world.hosts[0], path=path,
            cookies=self.jars.header(state.jar, f"https://{self.world.hosts[0]}{path}"),
            context=context if context >= 0 else LOOKS, release=state.release, now=state.now,
        )  # fmt: skip
        answers: Answers = ()
        store = state.store
        for _ in range(_MOST_CALLS):
            halt, answers, store = self.server.serve(request, answers, store)
            if isinstance(halt, Response):
                return halt
            if isinstance(halt, Waits):
                return None
            state, held = self._ask_pool(state._replace(up=True), halt.operation, halt.argument)
            answers = (*answers, held)
        return None

    def document(self, state: State) -> str:
        """What script reads on the site's root."""
        return self.jars.view(state.jar, f"https://{self.world.hosts[0]}/")

    def writes_of(self, state: State, tab: int, place: int) -> int:
        """How many cookies a tab's script writes when the pool's answer reaches it."""
        return self._work(state, tab, place, answer_at(state, tab, place)).written

    # -- how it is done ---------------------------------------------------------------------------------------------

    def _context_of_pages(self) -> int:
        return next((index for index, context in enumerate(self.world.contexts) if context.navigation), -1)

    def _path_of(self, tab: Tab) -> str:
        return SIGN_IN_PATH if tab.page == "login" and self.world.server is not Server.LIBRARY else "/"

    def _send(
        self, state: State, kind: str, tab: int, path: str, *,
        by_script: bool = False, method: str = "GET", body: str = "", context: int = -1,
    ) -> State:  # fmt: skip
        self.calls.site += 1
        if not state.reaches:
            lost = Flight(kind, tab, Request(method, "", "", path, ""))
            return self._unanswered(state._replace(reaches=True), lost)
        host = self.world.hosts[state.tabs[tab].host]
        request = Request(
            method=method,
            kind="navigation" if kind == "navigation" else "fetch",
            host=host,
            path=path,
            cookies=self.jars.header(state.jar, f"https://{host}{path.partition('?')[0]}"),
            by_script=by_script,
            context=context,
            body=body,
            release=state.release,
            now=state.now,
        )
        return self._serve(state, Flight(kind, tab, request), (), place=len(state.flights))

    def _unanswered(self, state: State, flight: Flight) -> State:
        """What was asked is not answered: the browser says so on a page of its own, or tells the script that asked."""
        tab = flight.tab
        if flight.kind == "navigation":
            return committed(state, tab)
        return self._replied(state, flight, FAILED) if flight.kind == "ask" else state

    def _serve(self, state: State, flight: Flight, answers: Answers, *, place: int) -> State:
        halt: Halt
        halt, told, store = self.server.serve(flight.request, answers, state.store)
        state = state._replace(store=store)
        flight = flight._replace(answers=told, call=None, held=None, waits=False)
        match halt:
            case Response():
                return self._answered(state, flight, halt, place=place)
            case Call(operation, argument):
                state, held = self._ask_pool(state, operation, argument)
                if not state.up or operation == "SignIn":  # nothing that happens meanwhile can change what follows
                    return self._serve(state, flight, (*told, held), place=place)
                flight = flight._replace(call=halt, held=held)
            case Waits():
                flight = flight._replace(waits=True)
        return self._foreseeing(state._replace(flights=(*state.flights[:place], flight, *state.flights[place:])))

    def _foreseeing(self, state: State) -> State:
        """The state with what is known of its servers' next doings; where an answer can be lost, nothing is."""
        is_open = Fault.LOSS in self.world.faults or not self.world.foresees
        if is_open or all(flight.response is not None for flight in state.flights):
            return state
        return state._replace(flights=tuple([self._foreseen(flight, state.store) for flight in state.flights]))

    def _foreseen(self, flight: Flight, store: Snapshot) -> Flight:
        if flight.held is None and not flight.waits:
            return flight
        foreseen = self.server.foresee(flight.request, (*flight.answers, flight.held), store)
        return flight if foreseen is None else self.felt.foreseen(flight, foreseen)

    def _answered(self, state: State, flight: Flight, response: Response, *, place: int) -> State:
        """A server has answered. What neither writes nor leads anywhere arrives at once."""
        self._tell_response(response)
        state = self._after(state, response)
        flight = self.felt.answered(flight, response)
        state = self._foreseeing(state._replace(flights=(*state.flights[:place], flight, *state.flights[place:])))
        ends_a_page = flight.kind == "navigation" and state.tabs[flight.tab].leaves
        is_felt = response.lines or response.clears or ends_a_page
        return state if is_felt else self.arrive(state, place)

    def _tell_response(self, response: Response) -> None:
        for note in response.notes:
            self.journal.note(f"server: {note}")
        if response.clears:
            self.journal.note("the answer clears every cookie of the site")
        deleted = sum("1970" in line for line in response.lines)
        written = len(response.lines) - deleted
        if response.lines:
            self.journal.note(f"the answer will write {written} cookies and delete {deleted}")

    def _after(self, state: State, response: Response) -> State:
        """What a sign-out ends at the pool, once its answer is under way."""
        if not (response.everywhere or response.revoke):
            return state
        self.calls.pool += 1
        if not state.up:
            return state
        pool = state.pool
        if response.everywhere:
            world = self.world
            pool = pool.end_everywhere(response.everywhere, now=state.now, rotation=world.rotation, grace=world.grace)
        for token in response.revoke:
            pool = pool.revoke_token(token)
        return state._replace(pool=pool)

    def _ask_pool(self, state: State, operation: str, argument: str) -> tuple[State, PoolAnswer]:
        self.calls.pool += 1
        if not state.up:
            self.journal.note(f"the pool is asked for {operation}, and does not answer")
            return state, Unavailable()
        pool, now = state.pool, state.now
        answer: PoolAnswer
        match operation:
            case "SignIn":
                now += 1  # no two grants at the same moment, so that later ones are younger
                pool, answer = pool.sign_in(argument, now=now)
            case "RevokeToken":
                pool, answer = pool.revoke_token(argument), Accepted()
            case "GlobalSignOut":
                pool, answer = pool.global_sign_out(argument, now=now)
            case _:
                now += 1
                pool, answer = pool.refresh(argument, now=now, rotation=self.world.rotation, grace=self.world.grace)
        said = answer.exception if isinstance(answer, Refused) else "yes"
        self.journal.note(f"the pool is asked for {operation}: {said}")
        return state._replace(pool=pool, now=now), answer

    def _arrived(self, state: State, flight: Flight, response: Response) -> State:
        if response.location:
            return self.navigate(state, flight.tab, response.location, by_script=flight.request.by_script)
        state = committed(state._replace(clean=True), flight.tab)
        at = state.tabs[flight.tab]._replace(
            release=flight.request.release, page=self._page_of(flight, response), shows=response.shows
        )
        state = state.with_tab(flight.tab, at)
        if self.world.has_script and at.page in _WITH_SCRIPT[self.world.server]:
            return self.begin(state, flight.tab, Run("load", "", self._path_of(at)))
        return state

    def _page_of(self, flight: Flight, response: Response) -> str:
        path = flight.request.path.partition("?")[0]
        return "login" if response.page == "site" and path == SIGN_IN_PATH else response.page

    def _go_on(self, state: State, tab: int, place: int, answer: str) -> State:
        """Answer a tab's script in this place, and let it work until it only waits."""
        worked = self._work(state, tab, place, answer)
        step = worked.step
        for told in step.told:
            self.journal.note(f"tab {tab + 1}: {told}")
        at = state.tabs[tab]
        assert at.running is not None  # noqa: S101 -- see `arrive`
        answered = at.running.waits[place].gate
        running = went_on(at.running, place, answer, state.now, step)
        state = state._replace(jar=worked.jar, clean=state.clean and worked.jar is state.jar)
        if isinstance(step.gate, Done):
            return self._done(state, tab, running, step.gate, memory=step.memory)
        return self._attend(state.with_tab(tab, at._replace(running=running)), tab, answered)

    def _attend(self, state: State, tab: int, answered: Gate) -> State:
        """See to each gate that a script has just come to: ask whom it asks."""
        while (running := state.tabs[tab].running) is not None:
            if not running.fresh:
                return self._leave(state, tab)
            place = len(running.waits) - running.fresh
            running = running._replace(fresh=running.fresh - 1)
            state = _with_running(state, tab, running)
            stays = leaves(running, before=place) is None  # what is called after that, nobody is asked any more
            match running.waits[place].gate:
                case Ask(method, path, body):
                    state = self._send(state, "ask", tab, path, method=method, body=body)
                case PoolGate() as gate if stays:
                    again = gate == answered and not state.up  # the attempts after a failed one go with it
                    state, said = self._ask_pool(state, gate.operation, gate.argument)
                    sign_in = state.pool.sign_ins[-1].name if state.pool.sign_ins else ""
                    state = _with_running(state, tab, told_pool(running, place, said, sign_in))
                    state = self._go_on(state, tab, place, FAILED) if again else state
                case Lock() as gate if stays:
                    lock = in_line(state, tab, gate)
                    state = _with_running(state, tab, running.with_wait(place, lock))
                    state = self._go_on(state, tab, place, BEGIN) if is_free(state, tab, lock) else state
                case _:
                    pass
        return state

    def _leave(self, state: State, tab: int) -> State:
        """The page goes where its script sends it, if it does."""
        at = state.tabs[tab]
        going = None if at.running is None else leaves(at.running)
        if going is None:
            return state
        state = state.with_tab(tab, left(at))
        return state if at.loading else self.navigate(state, tab, going.path, by_script=True)

    def _work(self, state: State, tab: int, place: int, answer: str, *, most: int | None = None) -> Worked:
        """What a tab's script does when it is answered in this place."""
        at = state.tabs[tab]
        assert at.running is not None and self.scripts is not None  # noqa: S101, PT018 -- see `arrive`
        return self.scripts.work(
            release=at.release, host=at.host, jar=state.jar, memory=at.memory, run=at.running.run,
            segments=at.running.segments, answer=answer, now=state.now, place=place, most=most,
        )  # fmt: skip

    def _replied(self, state: State, flight: Flight, answer: str) -> State:
        """What a tab's script has asked the site is answered."""
        place = place_of(state, flight)
        return state if place is None else self._go_on(state, flight.tab, place, answer)

    @staticmethod
    def _stays(state: State, got: str) -> bool:
        """Whether what a sign-in got was not written, since the same person was in by a later one."""
        before, after = state.pool.named(state.rightful), state.pool.named(got)
        if before is None or after is None or before.user != after.user or before.auth_time <= after.auth_time:
            return False
        return all(sign_in != got for sign_in, _ in state.jar.shape.sets)

    def _done(self, state: State, tab: int, running: Running, done: Done, *, memory: Memory) -> State:
        at = state.tabs[tab]._replace(running=None, memory=memory)
        run, got = running.run, running.granted
        match run.name:
            case "load" | "look" | "refresh":
                at = at._replace(shows=done.user)
            case "sign-in":
                at = at._replace(shows="" if done.error else run.user)
                if not done.error and got and not self._stays(state, got):
                    state = state._replace(rightful=got)
            case _:
                at = at._replace(shows="")
                state = state._replace(rightful="")  # see `arrive`
        return state.with_tab(tab, at)


def _with_running(state: State, tab: int, running: Running) -> State:
    return state.with_tab(tab, state.tabs[tab]._replace(running=running))
