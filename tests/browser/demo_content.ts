// SPDX-License-Identifier: Apache-2.0
// The demo plant as models and assets in both languages, made by the API from the plant's own map.
import { plant_map, type Gantryd, type Plant, type PlantPoint } from './programs';

const site = 'waterworks';
const units: Record<number, { key: string; name: { en: string; zh: string } }> = {
    1: { key: 'station', name: { en: 'Pump station', zh: '泵站' } },
    2: { key: 'bottling', name: { en: 'Bottling line', zh: '灌装线' } },
    3: { key: 'meter', name: { en: 'Energy meter', zh: '电能表' } },
};
const part_names: Record<string, { en: string; zh: string }> = {
    tank: { en: 'Header tank', zh: '高位水箱' }, pump1: { en: 'Pump 1', zh: '1号泵' }, pump2: { en: 'Pump 2', zh: '2号泵' },
    station: { en: 'Control', zh: '控制' }, reservoir: { en: 'Reservoir', zh: '水源' }, demand: { en: 'Town', zh: '城镇' },
    filler: { en: 'Filler', zh: '灌装机' }, capper: { en: 'Capper', zh: '旋盖机' }, labeller: { en: 'Labeller', zh: '贴标机' },
    line: { en: 'Line', zh: '产线' }, air: { en: 'Compressed air', zh: '压缩空气' }, power: { en: 'Power', zh: '功率' },
    voltage: { en: 'Voltages', zh: '电压' }, current: { en: 'Currents', zh: '电流' }, energy: { en: 'Energy', zh: '电量' },
};

export interface DemoTag {
    address: string;
    point: string;
}

function property_of({ name_en, name_zh, ucum, type, least, most, writable }: PlantPoint, key: string) {
    const kind = type === 'bool' || /^u16\.\d+$/.test(type) ? 'bool' : type.startsWith('str') ? 'string' : 'float64';
    return {
        key, type: kind, access: writable ? 'read_write' : 'read',
        name: { en: name_en.replace(/^Pump [12] (?=\w)/, '').replace(/^./, (c) => c.toUpperCase()), zh: name_zh.replace(/^[12]号泵/, '') },
        ...(ucum && kind === 'float64' ? { unit: ucum } : {}),
        ...(kind === 'float64' ? { range: { min: least, max: most } } : {}),
    };
}

// Makes it all, and answers which address belongs to which point.
export async function make_demo_plant(gantryd: Gantryd): Promise<DemoTag[]> {
    const points = plant_map().filter(({ key }) => !key.startsWith('fault.') && !key.startsWith('nameplate.'));
    const pump = points.filter(({ key }) => key.startsWith('pump1.'));
    await gantryd.call('POST', '/v1/models', {
        key: 'pump', name: { en: 'Centrifugal pump', zh: '离心泵' },
        properties: pump.map((point) => property_of(point, point.key.slice('pump1.'.length))),
    });
    await gantryd.call('POST', '/v1/assets', { key: site, level: 'site', name: { en: 'Waterworks', zh: '自来水厂' } });
    const made = new Set<string>();
    const tags: DemoTag[] = [];
    for (const unit of Object.values(units)) {
        await gantryd.call('POST', '/v1/assets', { ...unit, parent: site, level: 'area' });
    }
    for (const point of points) {
        const { key: area } = units[point.unit] ?? { key: '' };
        const [part = '', name] = point.key.includes('.') ? point.key.split('.') : ['', point.key];
        const asset = part ? `${site}/${area}/${part}` : `${site}/${area}`;
        const is_pump = part === 'pump1' || part === 'pump2';
        if (part && !made.has(asset)) {
            made.add(asset);
            await gantryd.call('POST', '/v1/assets', {
                key: part, parent: `${site}/${area}`, level: 'unit', ...(is_pump ? { model: 'pump' } : {}),
                ...(part_names[part] ? { name: part_names[part] } : {}),
            });
        }
        if (!is_pump) await gantryd.call('POST', '/v1/points', { asset, ...property_of(point, name ?? '') });
        tags.push({ address: point.tag + (point.unit === 1 ? '' : ` unit=${point.unit}`), point: `${asset}.${name}` });
    }
    return tags;
}

// What the journey leaves behind, for tests that begin after it: nothing is done where it is there.
export async function prepare(gantryd: Gantryd, plant: Plant, password: string): Promise<void> {
    const { items } = await gantryd.call<{ items: unknown[] }>('GET', '/v1/connections');
    if (items.length > 0) return;
    const tags = await make_demo_plant(gantryd);
    await gantryd.call('POST', '/v1/connections', {
        key: 'demo', protocol: 'modbus_tcp', settings: { host: '127.0.0.1', port: plant.port } });
    await gantryd.call('POST', '/v1/tags', { items: tags.map((tag) => ({ connection: 'demo', ...tag })) });
    await gantryd.change_first_password(password);
}
