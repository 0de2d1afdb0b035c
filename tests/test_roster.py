"""Members of a collective: what is read of a roster, who is paid what, and what may be shown of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor
from pathlib import Path
from random import Random

import openpyxl
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl.worksheet.worksheet import Worksheet

from landmarket.distribution.disclosure import FEWEST_HOUSEHOLDS, group_summary, owner_summary, with_initials
from landmarket.distribution.member_payments import member_payments, unrostered
from landmarket.distribution.members import MemberBasis, distribute_to_members, divide_among
from landmarket.distribution.roster import members_on, read_roster
from landmarket.errors import BadValueError, LandMarketError, MissingColumnError, ReadError
from tests.helpers import assert_same_index
from tests.hunting import examples

OWNER, OTHER = "411081001001JA00001", "411081001002JA00001"
IDENTITY = "411081199003071233"
SECRETS = (IDENTITY, "6222021234567890123", "13912345678", "秘密备注")
HEADERS = ["成员编号", "所有权代码", "村民小组", "户号", "姓名", "身份证号", "银行账号", "份额", "加入日期", "退出日期"]
HEADERS += ["手机", "备注"]
Cells = Mapping[str, object]


def row(**cells: object) -> list[object]:
    """One member in the order of HEADERS, with private cells planted."""
    usual: dict[str, object] = {
        "成员编号": "m1",
        "所有权代码": OWNER,
        "村民小组": "一组",
        "户号": "007",
        "姓名": "张三",
        "份额": 1.5,
        "加入日期": date(2016, 1, 1),
    }
    private = dict(zip(("身份证号", "银行账号", "手机", "备注"), SECRETS, strict=True))
    return [(usual | private | cells).get(header) for header in HEADERS]


def workbook(
    path: Path, rows: Iterable[Iterable[object]], change: Callable[[openpyxl.Workbook, Worksheet], None] | None = None
) -> Path:
    """Write rows as they are into a workbook, below a heading."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["某村成员名册"])
    for cells in rows:
        sheet.append(list(cells))
    if change:
        change(book, sheet)
    book.save(path)
    return path


def values(table: pd.DataFrame, at: str, names: Sequence[str]) -> list[object]:
    """Cells of one row."""
    return [table.at[at, name] for name in names]


def people(*rows: tuple[str, str, str, object], owner: str = OWNER) -> pd.DataFrame:
    """A roster of member_id, group, household and share, all members at all times."""
    table = pd.DataFrame(rows, columns=["member_id", "group", "household", "share"]).set_index("member_id")
    table["share"] = table["share"].astype(object)
    days = pd.Series(pd.NaT, index=table.index, dtype="datetime64[s]")
    return table.assign(owner_code=owner, name="张三丰", joined_on=days, left_on=days)


def deals(*rows: tuple[str, int | None, str | None, str | None]) -> pd.DataFrame:
    """Deals of parcel_code, members_fen, deal_on and owner_code."""
    table = pd.DataFrame(rows, columns=["parcel_code", "members_fen", "deal_on", "owner_code"]).set_index("parcel_code")
    return table.astype({"members_fen": "Int64", "deal_on": "datetime64[s]"})


# Reading


def test_a_roster_is_read_and_what_it_does_not_name_stays_in_the_file(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        list(HEADERS),
        row(),
        row(成员编号="m2", 姓名="李　四", 份额="12.5%", 退出日期="2024年5月6日", 加入日期=None),
    ]
    roster = read_roster(workbook(tmp_path / "名册.xlsx", rows))
    expected = pd.DataFrame(
        {
            "owner_code": pd.Series([OWNER, OWNER], dtype="str"),
            "owner": pd.Series([None, None], dtype="str"),
            "group": pd.Series(["一组", "一组"], dtype="str"),
            "household": pd.Series(["007", "007"], dtype="str"),
            "name": pd.Series(["张三", "李四"], dtype="str"),
            "share": pd.Series([Decimal("1.5"), Decimal("0.125")], dtype=object),
            "joined_on": pd.Series(["2016-01-01", None], dtype="datetime64[s]"),
            "left_on": pd.Series([None, "2024-05-06"], dtype="datetime64[s]"),
        }
    ).set_axis(pd.Index(["m1", "m2"], dtype="str", name="member_id"))
    pd.testing.assert_frame_equal(roster, expected)
    text = roster.to_csv() + repr(roster) + repr(roster.attrs)
    assert not [secret for secret in SECRETS if secret in text]


BAD = {
    "duplicate": ([{}, {}], "member_id（成员编号）", "'m1'"),
    "no name": ([{"姓名": None}], "name（姓名）", "第 3 行"),
    "no household": ([{"户号": " "}], "household（户号）", "第 3 行"),
    "no owner": ([{"所有权代码": None}], "owner_code（所有权代码）", "第 3 行"),
    "no number": ([{"成员编号": None}], "member_id（成员编号）", "第 3 行"),
    "not JA": ([{"所有权代码": "411081001001JB00001"}], "owner_code（所有权代码）", "411081001001JB00001"),
    "short code": ([{"所有权代码": "411081"}], "owner_code（所有权代码）", "'411081'"),
    "negative": ([{"份额": -1}], "share（份额）", "'-1'"),
    "not a number": ([{"份额": "一股"}], "share（份额）", "'一股'"),
    "telephone as share": ([{"份额": "13912345678转1"}], "share（份额）", "（长数字）"),
    "not a date": ([{"加入日期": "去年"}], "joined_on（加入日期）", "'去年'"),
    "left first": ([{"退出日期": "2015-12-31"}], "left_on（退出日期）", "2015-12-31"),
    "two groups": ([{}, {"成员编号": "m2", "村民小组": "二组"}], "household（户号）", "007 / 二组"),
    "half a group": ([{}, {"成员编号": "m2", "村民小组": None}], "household（户号）", "007 / 空白"),
    "lost digits": ([{"户号": 411081199003071233}], "household（户号）", "4.11081E+17"),
    "identity numbers": ([{"成员编号": IDENTITY}], "member_id（成员编号）", "身份证号，不读入"),
    "one identity number": (
        [{"户号": IDENTITY}, {"成员编号": "m2"}, {"成员编号": "m3"}],
        "household（户号）",
        "身份证号，不读入，值不显示，共 1 行：第 3 行。",
    ),
    "identity as code": (
        [{}, {"成员编号": "m2", "所有权代码": IDENTITY}, {"成员编号": "m3"}],
        "owner_code",
        "身份证号，不读入，值不显示，共 1 行：第 4 行。",
    ),
    "account as code": ([{"所有权代码": SECRETS[1]}], "owner_code", "（长数字）"),
}


@pytest.mark.parametrize(("rows", "column", "value"), BAD.values(), ids=BAD)
def test_a_bad_cell_is_named_and_nothing_private_with_it(
    tmp_path: Path, rows: list[Cells], column: str, value: str
) -> None:
    path = workbook(tmp_path / "名册.xlsx", [HEADERS, *(row(**dict(cells)) for cells in rows)])
    with pytest.raises(BadValueError) as caught:
        read_roster(path)
    message = str(caught.value)
    assert [part for part in ("名册.xlsx", column, value, "办法：") if part not in message] == []
    assert [secret for secret in (*SECRETS, "张三") if secret in message] == []


def test_bad_rows_are_counted_and_ten_are_named(tmp_path: Path) -> None:
    rows = [row(成员编号=f"m{at}", 份额="?") for at in range(12)]
    with pytest.raises(BadValueError, match=r"共 12 行：第 3 行.*第 12 行 = '\?' 等（另有 2 行）"):
        read_roster(workbook(tmp_path / "名册.xlsx", [HEADERS, *rows]))


def test_private_columns_are_read_only_when_asked_for_by_name(tmp_path: Path) -> None:
    path = workbook(tmp_path / "名册.xlsx", [HEADERS, row()])
    roster = read_roster(path, {"银行账号": "bank_account", "手机": "phone"})
    assert values(roster, "m1", ["bank_account", "phone"]) == [SECRETS[1], SECRETS[2]]
    with pytest.raises(BadValueError, match=r"不认识的列 identity.*bank_account"):
        read_roster(path, {"身份证号": "identity"})
    with pytest.raises(BadValueError, match="household（户号） 是身份证号，不读入"):
        read_roster(path, {"身份证号": "household"})
    with pytest.raises(BadValueError, match="同一列"):
        read_roster(path, {"银行账号": "phone", "手机": "phone"})


def test_an_account_that_lost_digits_is_refused_without_showing_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "名册.xlsx", [HEADERS, row(银行账号=6222021234567890123)])
    with pytest.raises(BadValueError, match=r"bank_account（银行账号） 的值不能用，共 1 行：第 3 行。办法"):
        read_roster(path, {"银行账号": "bank_account"})


def test_other_headers_are_mapped_and_a_missing_one_is_named(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["姓名列", "集体代码", "户编号"],
        ["王五", OWNER, "1"],
        [None, None, None],
        ["赵六", OWNER, "2"],
    ]
    path = workbook(tmp_path / "名册.xlsx", rows)
    roster = read_roster(path, {"姓名列": "name"})
    assert roster["name"].to_dict() == {"3": "王五", "5": "赵六"}  # rows of the sheet stand for member numbers
    assert roster["share"].isna().all()
    with pytest.raises(MissingColumnError, match=r"名册\.xlsx.*缺少列 name（姓名、成员姓名）。办法"):
        read_roster(path)
    with pytest.raises(MissingColumnError, match="缺少列 phone（联系电话）"):
        read_roster(path, {"姓名列": "name", "联系电话": "phone"})


def test_a_missing_file_two_rosters_and_a_header_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadError, match=r"没有\.xlsx.*办法"):
        read_roster(tmp_path / "没有.xlsx")
    short = ["户号", "姓名", "所有权代码"]

    def second(book: openpyxl.Workbook, _: Worksheet) -> None:
        book.create_sheet("二村").append(short)

    with pytest.raises(ReadError, match="2 张工作表都是名册（Sheet、二村）"):
        read_roster(workbook(tmp_path / "两张.xlsx", [short, ["1", "张三", OWNER]], second))
    with pytest.raises(ReadError, match="表头 姓名 重复"):
        read_roster(workbook(tmp_path / "重复.xlsx", [[*short, "姓名"], ["1", "张三", OWNER, "李四"]]))


def test_merged_cells_stand_for_the_household_but_not_for_a_share(tmp_path: Path) -> None:
    rows: list[list[object]] = [["户号", "姓名", "所有权代码", "份额"], [None] * 4]
    rows += [[7, "张三", OWNER, 4], [None, "李四", None, None], [8, "王五", OWNER, 1]]

    def merge(_: openpyxl.Workbook, sheet: Worksheet) -> None:
        for area in ("A2:A3", "B2:B3", "C2:C3", "D2:D3", "A4:A5", "C4:C5", "D4:D5"):
            sheet.merge_cells(area)
        sheet["A4"].number_format = sheet["A6"].number_format = "000"

    roster = read_roster(workbook(tmp_path / "合并.xlsx", rows, merge))
    assert roster["household"].to_dict() == {"4": "007", "5": "007", "6": "008"}
    assert roster["share"].tolist() == [Decimal(4), None, Decimal(1)]


def test_a_csv_file_is_read_the_same_way(tmp_path: Path) -> None:
    path = tmp_path / "名册.csv"
    path.write_text(f"户号,姓名,所有权代码,身份证号,份额\n007,张三,{OWNER},{IDENTITY},0.1\n", encoding="utf-8-sig")
    roster = read_roster(path)
    assert values(roster, "2", ["household", "name", "share"]) == ["007", "张三", Decimal("0.1")]
    assert IDENTITY not in roster.to_csv()
    parts = distribute_to_members(10, roster["share"])
    assert parts.tolist() == [10]


# Who is a member


@pytest.mark.parametrize(
    ("day", "there"), [("2020-05-04", []), ("2020-05-05", ["a"]), ("2021-07-07", ["a"]), ("2021-07-08", [])]
)
def test_one_is_a_member_from_the_day_of_joining_to_the_day_before_leaving(day: str, there: list[str]) -> None:
    roster = people(("a", "一组", "1", 1), ("b", "一组", "1", 1), ("c", "一组", "2", 1))
    roster.loc["a", "joined_on"] = pd.Timestamp("2020-05-05")
    roster.loc["a", "left_on"] = pd.Timestamp("2021-07-08")
    before = roster.copy()
    assert members_on(roster, date.fromisoformat(day)).index.tolist() == [*there, "b", "c"]
    paid = member_payments(deals(("p", 6, day, OWNER)), roster, MemberBasis.HEAD)
    assert dict(zip(paid["member_id"], paid["amount_fen"], strict=True)) == dict.fromkeys(
        [*there, "b", "c"], 6 // (2 + len(there))
    )
    pd.testing.assert_frame_equal(roster, before)


# Dividing

SHARES = st.integers(0, 10**6).map(lambda n: Decimal(n).scaleb(-2))


@st.composite
def bodies(draw: st.DrawFn) -> pd.DataFrame:
    """Members of one collective in any order, some share above zero."""
    ids = draw(st.lists(st.integers(1, 120).map(str), min_size=1, max_size=9, unique=True))
    homes = draw(st.lists(st.sampled_from(["1", "2", "10"]), min_size=len(ids), max_size=len(ids)))
    shares = draw(st.lists(SHARES, min_size=len(ids), max_size=len(ids)).filter(any))
    return people(*((one, "一组", home, share) for one, home, share in zip(ids, homes, shares, strict=True)))


def quotas(amount: Fraction, weights: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Exact parts."""
    return {name: amount * weight / sum(weights.values()) for name, weight in weights.items()}


def by_the_book(amount: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Floors, then a fen each to the largest remainders; ties to the shorter number, then the smaller."""
    exact = quotas(Fraction(amount), weights)
    parts = {name: floor(quota) for name, quota in exact.items()}
    ranked = sorted(exact, key=lambda name: (parts[name] - exact[name], int(name)))
    for name in ranked[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


def weights_of(members: pd.DataFrame, basis: MemberBasis) -> dict[str, Fraction]:
    """Shares or heads as fractions."""
    by_share = basis is MemberBasis.SHARE
    shares = zip(members.index.tolist(), members["share"].tolist(), strict=True)
    return {str(member): Fraction(share) if by_share else Fraction(1) for member, share in shares}


def expected_parts(amount: int, members: pd.DataFrame, basis: MemberBasis) -> dict[str, int]:
    """The rule of each basis, in fractions."""
    if basis is not MemberBasis.HOUSEHOLD:
        return by_the_book(amount, weights_of(members, basis))
    homes = by_the_book(amount, dict.fromkeys(members["household"], Fraction(1)))
    parts: dict[str, int] = {}
    for home, part in homes.items():
        parts |= by_the_book(part, dict.fromkeys(members.index[members["household"] == home], Fraction(1)))
    return parts


@settings(max_examples=examples(150), deadline=None)
@given(st.integers(0, 10**12), bodies(), st.sampled_from(MemberBasis), st.randoms(use_true_random=False))
def test_parts_are_those_of_the_book_whatever_the_order_of_rows(
    amount: int, members: pd.DataFrame, basis: MemberBasis, random: Random
) -> None:
    parts = divide_among(amount, members, basis)
    assert_same_index(parts, members)
    assert parts.dtype == "int64"
    assert parts.to_dict() == expected_parts(amount, members, basis)
    assert parts.sum() == amount
    assert (parts >= 0).all()
    shuffled = members.iloc[random.sample(range(len(members)), len(members))]
    assert divide_among(amount, shuffled, basis).to_dict() == parts.to_dict()


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 10**12), bodies(), st.sampled_from([MemberBasis.HEAD, MemberBasis.SHARE]))
def test_parts_are_within_a_fen_of_the_exact_quota(amount: int, members: pd.DataFrame, basis: MemberBasis) -> None:
    exact = quotas(Fraction(amount), weights_of(members, basis))
    parts = divide_among(amount, members, basis)
    assert all(abs(part - exact[str(member)]) < 1 for member, part in parts.items())


@settings(max_examples=examples(100), deadline=None)
@given(st.integers(0, 10**12), bodies().filter(lambda members: len(members) > 1))
def test_two_shares_in_one_hand_give_their_sum_within_a_fen(amount: int, members: pd.DataFrame) -> None:
    parts = divide_among(amount, members, MemberBasis.SHARE)
    merged = members.drop(index=members.index[1])
    merged["share"] = [sum(members["share"].tolist()[:2]), *members["share"].tolist()[2:]]
    together = divide_among(amount, merged, MemberBasis.SHARE).iloc[0]
    assert abs(together - parts.iloc[:2].sum()) <= 1


def test_households_first_then_members_by_hand() -> None:
    # 101 fen: 34, 34, 33 to households 1, 2, 10; 34 = 12 + 11 + 11 inside household 2
    roster = people(("a", "", "10", 1), ("9", "", "2", 1), ("10", "", "2", 1), ("11", "", "2", 1), ("b", "", "1", 1))
    parts = divide_among(101, roster, MemberBasis.HOUSEHOLD)
    assert parts.to_dict() == {"a": 33, "9": 12, "10": 11, "11": 11, "b": 34}


def test_shares_of_any_size_are_exact() -> None:
    # 1/3 and 2/3 of 10**15 + 1: quotas …333.67 and …667.33
    roster = people(("a", "", "1", Decimal("1e-30")), ("b", "", "1", 2e-30))
    assert divide_among(10**15 + 1, roster, MemberBasis.SHARE).tolist() == [333333333333334, 666666666666667]


@pytest.mark.parametrize(
    ("amount", "shares", "message"),
    [
        (1, [1, None], "share.*共 1 行：b = nan"),
        (1, [1, -1], "share.*共 1 行：b = -1.*办法：补上份额"),
        (1, [0, 0], "份额合计大于 0"),
        (-1, [1, 1], "金额 -1 分"),
        (1, [], "成员 0 人"),
    ],
)
def test_what_cannot_be_divided_is_refused(amount: int, shares: list[object], message: str) -> None:
    roster = people(*((name, "", "1", share) for name, share in zip("ab", shares, strict=False)))
    with pytest.raises(BadValueError, match=message):
        divide_among(amount, roster, MemberBasis.SHARE)


def test_members_named_twice_and_missing_households_are_refused() -> None:
    roster = people(("a", "", "1", 1), ("b", "", "2", 1))
    with pytest.raises(BadValueError, match="成员编号重复，共 1 行：a"):
        divide_among(1, roster.set_axis(["a", "a"]), MemberBasis.HEAD)
    with pytest.raises(BadValueError, match=r"household.*共 1 行：b"):
        divide_among(
            1, roster.assign(household=pd.Series(["1", None], index=roster.index, dtype="str")), MemberBasis.HOUSEHOLD
        )
    with pytest.raises(MissingColumnError, match="household"):
        divide_among(1, roster.drop(columns="household"), MemberBasis.HOUSEHOLD)


# Payments of deals


def two_collectives() -> pd.DataFrame:
    """Three members of one collective, one of another, rows mixed."""
    first = people(
        ("3", "一组", "2", Decimal("1.50")), ("1", "一组", "1", Decimal("1")), ("2", "一组", "1", Decimal("0.5"))
    )
    return pd.concat([first.iloc[:1], people(("4", "甲组", "1", Decimal(7)), owner=OTHER), first.iloc[1:]])


@pytest.mark.parametrize(
    ("basis", "weights", "fen"),
    [
        (MemberBasis.HEAD, ["1", "1", "1", "1"], [34, 33, 33, 50]),
        (MemberBasis.SHARE, ["1", "0.5", "1.50", "7"], [33, 17, 50, 50]),
        (MemberBasis.HOUSEHOLD, ["1/2", "1/2", "1", "1"], [25, 25, 50, 50]),
    ],
)
def test_payments_of_two_collectives_by_hand(basis: MemberBasis, weights: list[str], fen: list[int]) -> None:
    shares = deals(
        ("p1", 100, "2024-01-01", OWNER),
        ("p2", None, None, None),
        ("p3", 0, None, None),
        ("p4", 50, "2024-01-01", OTHER),
    )
    expected = pd.DataFrame(
        {
            "parcel_code": ["p1", "p1", "p1", "p4"],
            "owner_code": [OWNER, OWNER, OWNER, OTHER],
            "group": ["一组", "一组", "一组", "甲组"],
            "household": ["1", "1", "2", "1"],
            "member_id": ["1", "2", "3", "4"],
            "name": ["张三丰"] * 4,
            "weight": weights,
            "amount_fen": fen,
        }
    )
    pd.testing.assert_frame_equal(member_payments(shares, two_collectives(), basis), expected)
    assert unrostered(shares, two_collectives(), basis).tolist() == [""] * 4
    nothing = member_payments(shares.iloc[1:3], two_collectives(), basis)
    assert nothing.columns.tolist() == expected.columns.tolist()
    assert len(nothing) == 0


@settings(max_examples=examples(40), deadline=None)
@given(
    bodies(),
    st.lists(st.tuples(st.integers(1, 10**11), st.integers(-2, 2)), min_size=1, max_size=4),
    st.sampled_from(MemberBasis),
)
def test_payments_of_a_deal_are_its_amount_divided_among_those_there(
    roster: pd.DataFrame, lots: list[tuple[int, int]], basis: MemberBasis
) -> None:
    mid = date(2022, 2, 2)
    roster = roster.assign(share=[share + 1 for share in roster["share"]])
    roster.loc[roster.index[1::3], "joined_on"] = pd.Timestamp(mid)
    roster.loc[roster.index[2::3], "left_on"] = pd.Timestamp(mid)
    days = [mid + timedelta(days=shift) for _, shift in lots]
    shares = deals(*((f"p{at}", lots[at][0], str(day), OWNER) for at, day in enumerate(days)))
    paid = member_payments(shares, roster, basis)
    for at, day in enumerate(days):
        there = [i for place, i in enumerate(roster.index) if (place % 3, day >= mid) not in {(1, False), (2, True)}]
        own = paid[paid["parcel_code"] == f"p{at}"].set_index("member_id")["amount_fen"]
        assert own.to_dict() == expected_parts(lots[at][0], roster.loc[there], basis)


def test_deals_that_cannot_be_paid_are_listed_with_the_reason_and_refused() -> None:
    roster = two_collectives()
    roster.loc["4", "left_on"] = pd.Timestamp("2020-01-01")
    roster.loc["2", "share"] = None
    nobody = "411081001009JA00001"
    shares = deals(
        ("none", 9, "2024-01-01", nobody),
        ("left", 9, "2024-01-01", OTHER),
        ("share", 9, "2024-01-01", OWNER),
        ("day", 9, None, OTHER),
        ("owner", 9, "2024-01-01", None),
        ("minus", -9, "2024-01-01", OTHER),
        ("nil", 0, None, None),
    )
    gaps = unrostered(shares, roster, MemberBasis.SHARE)
    assert_same_index(gaps, shares)
    parts = {
        "none": [nobody, "名册中没有该所有权人的成员"],
        "left": [OTHER, "2024-01-01", "成交日没有在册成员"],
        "share": [OWNER, "1 人没有可用的份额"],
        "day": ["成交日 缺", "补上成交日"],
        "owner": ["缺", "名册中没有"],
        "minus": ["-9", "不应为负"],
    }
    lacking = [(code, part) for code, wanted in parts.items() for part in wanted if part not in gaps[code]]
    assert lacking == []
    assert gaps["nil"] == ""
    assert unrostered(shares, roster, MemberBasis.HEAD)["share"] == ""
    with pytest.raises(BadValueError, match=f"owner_code（所有权宗地代码）.*none = '{nobody}'.*办法：名册中没有"):
        member_payments(shares.iloc[:1], roster, MemberBasis.HEAD)
    sound = shares[unrostered(shares, roster, MemberBasis.HEAD) == ""]
    assert set(member_payments(sound, roster, MemberBasis.HEAD)["parcel_code"]) == {"share"}


def test_shares_that_are_all_zero_and_deals_named_twice_are_refused() -> None:
    roster = people(("a", "", "1", 0), ("b", "", "1", 0))
    shares = deals(("p", 9, "2024-01-01", OWNER))
    with pytest.raises(BadValueError, match="份额合计为 0"):
        member_payments(shares, roster, MemberBasis.SHARE)
    with pytest.raises(BadValueError, match="宗地代码重复"):
        unrostered(pd.concat([shares, shares]), roster, MemberBasis.HEAD)
    with pytest.raises(MissingColumnError, match="deal_on（成交日）"):
        member_payments(shares.drop(columns="deal_on"), roster, MemberBasis.HEAD)


# What may be shown

SUMS = ["households", "members", "amount_fen"]


def test_names_become_initials() -> None:
    payments = pd.DataFrame({"name": ["张三", "欧阳某某", "买买提·吐尔逊", "李"], "amount_fen": [1, 2, 3, 4]})
    hidden = with_initials(payments)
    assert hidden["name"].tolist() == ["张＊", "欧＊＊＊", "买＊＊＊＊＊＊", "李"]
    pd.testing.assert_frame_equal(hidden.drop(columns="name"), payments.drop(columns="name"))
    assert payments["name"].tolist()[0] == "张三"
    with pytest.raises(MissingColumnError, match="name"):
        with_initials(payments[["amount_fen"]])


def payments_of(cells: Sequence[tuple[str, str, int, int]]) -> pd.DataFrame:
    """Payments of owner, group, number of households (one member each) and amount of the whole group."""
    rows = [
        (owner, group, f"{group}{home}", f"{owner}{group}{home}", amount if home == 0 else 0)
        for owner, group, households, amount in cells
        for home in range(households)
    ]
    return pd.DataFrame(rows, columns=["owner_code", "group", "household", "member_id", "amount_fen"])


@pytest.mark.parametrize(
    ("households", "hidden", "total_hidden"),
    [
        ([5, 6, 7], [], False),
        ([4, 6, 7], [0, 1], False),  # one small cell: the next smallest goes with it
        ([2, 9, 3], [0, 2], False),  # two small cells of five households together
        ([1, 2, 8, 9], [0, 1, 2], False),  # two of three together: still fewer than five
        ([1, 1, 1, 1, 1, 6], [0, 1, 2, 3, 4, 5], False),  # as many households as cells: each has one
        ([1, 1, 1, 1, 1], [0, 1, 2, 3, 4], True),
        ([2, 2], [0, 1], True),
        ([4], [0], True),
        ([5], [], False),
    ],
)
def test_small_cells_are_suppressed_and_as_many_others_as_it_takes(
    households: list[int], hidden: list[int], total_hidden: bool
) -> None:
    payments = payments_of([("A", f"{at}组", count, 100 + count) for at, count in enumerate(households)])
    payments = pd.concat([payments, payments_of([("B", "0组", 8, 800)])], ignore_index=True)
    cells, totals = group_summary(payments), owner_summary(payments)
    own = cells[cells["owner_code"] == "A"]
    assert own.index[own["suppressed"] == "是"].tolist() == hidden
    assert (
        own["households"].isna().tolist() == own["amount_fen"].isna().tolist() == (own["suppressed"] == "是").tolist()
    )
    shown = own[own["suppressed"] == "否"]
    assert shown["households"].tolist() == [households[at] for at in shown.index]
    assert shown["amount_fen"].tolist() == [100 + households[at] for at in shown.index]
    assert totals["suppressed"].tolist() == ["是" if total_hidden else "否", "否"]
    if not total_hidden:
        whole = [sum(households), sum(households), 100 * len(households) + sum(households)]
        assert totals[SUMS].to_numpy().tolist()[0] == whole
    assert cells.loc[cells["owner_code"] == "B", SUMS].to_numpy().tolist() == [[8, 8, 800]]


def solutions(total: int, parts: int, least: int) -> Iterator[tuple[int, ...]]:
    """Every way to make a total of so many parts."""
    if parts == 1:
        yield from [(total,)] if total >= least else []
        return
    for first in range(least, total + 1):
        yield from ((first, *others) for others in solutions(total - first, parts - 1, least))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 7), st.integers(0, 6)), min_size=1, max_size=4))
@example([(2, 0), (3, 0), (6, 5)])  # nothing was paid in the two small cells: the sum would say so
def test_no_suppressed_cell_can_be_computed_from_what_is_printed(groups: list[tuple[int, int]]) -> None:
    payments = payments_of([("A", f"{at}组", count, fen) for at, (count, fen) in enumerate(groups)])
    cells, total = group_summary(payments), owner_summary(payments).iloc[0]
    hidden = cells["suppressed"] == "是"
    assert hidden[[count < FEWEST_HOUSEHOLDS for count, _ in groups]].all()
    if not hidden.any() or total["suppressed"] == "是":
        assert total["suppressed"] == "否" or hidden.all()
        return
    for name, least in (("households", 1), ("members", 1), ("amount_fen", 0)):
        rest = total[name] - cells[name].sum()
        for known in zip(*solutions(int(rest), int(hidden.sum()), least), strict=True):
            assert len(set(known)) > 1, (name, rest, cells)
    assert sum(count for (count, _), gone in zip(groups, hidden, strict=True) if gone) >= FEWEST_HOUSEHOLDS


def test_summaries_need_the_owner_first_and_take_an_empty_table() -> None:
    payments = payments_of([("A", "一组", 6, 6)])
    for summary in (group_summary, owner_summary):
        with pytest.raises(BadValueError, match="owner_code"):
            summary(payments, ("group",))
        with pytest.raises(LandMarketError, match="household"):
            summary(payments.drop(columns="household"))
        assert len(summary(payments.iloc[:0])) == 0


def test_members_without_a_group_are_a_cell_of_their_own() -> None:
    payments = payments_of([("A", "一组", 6, 60), ("A", "x", 5, 50)])
    cells = group_summary(payments.assign(group=payments["group"].mask(payments["group"] == "x")))
    assert cells["amount_fen"].tolist() == [60, 50]
    assert cells["group"].isna().tolist() == [False, True]
